// Package awsfunction writes rotators that run a rotation function of AWS Secrets
// Manager as it is. Such a rotator speaks the protocol of rotate/PROTOCOL.md, and answers
// the function's calls to Secrets Manager itself.
package awsfunction
