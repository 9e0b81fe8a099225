// Package endpoint does the operations of AWS Secrets Manager on a vault.
//
// [Service.Operations] returns them for package wire, which does the rest of HTTP. Each operation has a file of its
// name, with the shapes of its input and its answer; the table in service.go lists them all. Several operations
// share the other files: secretid.go has the names and ARNs, value.go the values, describe.go the metadata, filter.go
// and page.go the listings, rotation.go the rotations, policy.go the resource policies, and exception.go the errors.
//
// The operations follow AWS to the texts of its errors, except that one vault is one region: secrets are not
// replicated. Resource policies are kept and not enforced.
package endpoint
