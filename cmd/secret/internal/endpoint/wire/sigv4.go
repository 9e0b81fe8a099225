package wire

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go/aws-http-auth/credentials"
	"github.com/aws/smithy-go/aws-http-auth/sigv4"
	v4 "github.com/aws/smithy-go/aws-http-auth/v4"
)

const (
	service    = "secretsmanager"
	algorithm  = "AWS4-HMAC-SHA256"
	dateFormat = "20060102T150405Z"

	// maxSkew is how far the date of a signature may be from the clock.
	maxSkew = 5 * time.Minute
)

// requiredHeaders must be signed, so that a signature cannot serve another operation, server or time.
var requiredHeaders = []string{"host", "x-amz-date", "x-amz-target"}

// authorization is an Authorization header of SigV4.
type authorization struct {
	keyID, date, region, service string
	signedHeaders                []string // lower case
	signature                    string
}

// parseAuthorization reports false for a header that is incomplete or of another scheme.
func parseAuthorization(header string) (authorization, bool) {
	scheme, parameters, _ := strings.Cut(header, " ")
	if scheme != algorithm {
		return authorization{}, false
	}
	var a authorization
	for parameter := range strings.SplitSeq(parameters, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		switch name {
		case "Credential":
			scope := strings.Split(value, "/")
			if len(scope) != 5 || scope[4] != "aws4_request" {
				return authorization{}, false
			}
			a.keyID, a.date, a.region, a.service = scope[0], scope[1], scope[2], scope[3]
		case "SignedHeaders":
			a.signedHeaders = strings.Split(strings.ToLower(value), ";")
		case "Signature":
			a.signature = value
		}
	}
	return a, a.keyID != "" && len(a.signedHeaders) > 0 && a.signature != ""
}

// verify returns the client that signed the request, and the region for which it did. It signs a copy of the request
// again and compares the signatures. The errors are AWS's.
func (s *server) verify(r *http.Request, body []byte) (Client, string, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return Client{}, "", Errorf(MissingAuthenticationToken, "Missing Authentication Token")
	}
	a, ok := parseAuthorization(header)
	if !ok {
		return Client{}, "", Errorf(IncompleteSignature,
			"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter."+
				" Authorization header requires 'SignedHeaders' parameter.")
	}
	client, ok := s.Clients(a.keyID)
	if !ok {
		return Client{}, "", Errorf(UnrecognizedClient, "The security token included in the request is invalid.")
	}
	signed, err := s.checkScope(r, a)
	if err != nil {
		return Client{}, "", err
	}
	expected, err := sign(r, body, a, client, signed)
	if err != nil || subtle.ConstantTimeCompare([]byte(expected.signature), []byte(a.signature)) != 1 {
		return Client{}, "", Errorf(InvalidSignature, "The request signature we calculated does not match the signature you"+
			" provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return client, a.region, nil
}

// checkScope checks the scope of a signature, and returns its time.
func (s *server) checkScope(r *http.Request, a authorization) (time.Time, error) {
	if a.service != service {
		return time.Time{}, Errorf(InvalidSignature, "Credential should be scoped to correct service: '%s'. ", service)
	}
	for _, name := range requiredHeaders {
		if !slices.Contains(a.signedHeaders, name) {
			return time.Time{}, Errorf(InvalidSignature, "'%s' must be a 'SignedHeader' in the AWS Authorization.", name)
		}
	}
	date := r.Header.Get("X-Amz-Date")
	signed, err := time.Parse(dateFormat, date)
	if err != nil {
		return time.Time{}, Errorf(IncompleteSignature, "Date must be in ISO-8601 'basic format'.")
	}
	if !strings.HasPrefix(date, a.date) || len(a.date) != len("20060102") {
		return time.Time{}, Errorf(InvalidSignature,
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.")
	}
	now := s.Now().UTC()
	switch skew := now.Sub(signed); {
	case skew > maxSkew:
		return time.Time{}, Errorf(InvalidSignature, "Signature expired: %s is now earlier than %s (%s - 5 min.)",
			date, now.Add(-maxSkew).Format(dateFormat), now.Format(dateFormat))
	case skew < -maxSkew:
		return time.Time{}, Errorf(InvalidSignature, "Signature not yet current: %s is still later than %s (%s + 5 min.)",
			date, now.Add(maxSkew).Format(dateFormat), now.Format(dateFormat))
	}
	return signed, nil
}

// sign signs the parts of a request that a signs, with the client's key.
func sign(r *http.Request, body []byte, a authorization, client Client, signed time.Time) (authorization, error) {
	again := &http.Request{
		Method: r.Method,
		URL:    &url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery},
		Host:   r.Host,
		Header: http.Header{},
	}
	for _, name := range a.signedHeaders {
		for _, value := range r.Header.Values(name) {
			again.Header.Add(name, strings.Join(strings.Fields(value), " "))
		}
	}
	if slices.Contains(a.signedHeaders, "content-length") { // net/http may keep it out of the header
		again.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
	hash := sha256.Sum256(body)
	err := sigv4.New().SignRequest(&sigv4.SignRequestInput{
		Request:     again,
		PayloadHash: hash[:],
		Credentials: credentials.Credentials{AccessKeyID: a.keyID, SecretAccessKey: client.Secret},
		Service:     service,
		Region:      a.region,
		Time:        signed,
	}, func(o *v4.SignerOptions) { o.HeaderRules = signedHeaders(a.signedHeaders) })
	if err != nil {
		return authorization{}, err
	}
	expected, _ := parseAuthorization(again.Header.Get("Authorization"))
	return expected, nil
}

// signedHeaders are the names of the headers that a signature covers.
type signedHeaders []string

// IsSigned implements [v4.SignedHeaderRules].
func (s signedHeaders) IsSigned(name string) bool { return slices.Contains(s, name) }
