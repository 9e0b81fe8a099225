package wire

import (
	"fmt"
	"net/http"
)

// Code names an exception of AWS.
type Code string

// The exceptions that the model of AWS Secrets Manager has.
const (
	DecryptionFailure       Code = "DecryptionFailure"
	EncryptionFailure       Code = "EncryptionFailure"
	InternalServiceError    Code = "InternalServiceError"
	InvalidNextToken        Code = "InvalidNextTokenException"
	InvalidParameter        Code = "InvalidParameterException"
	InvalidRequest          Code = "InvalidRequestException"
	LimitExceeded           Code = "LimitExceededException"
	MalformedPolicyDocument Code = "MalformedPolicyDocumentException"
	PreconditionNotMet      Code = "PreconditionNotMetException"
	PublicPolicy            Code = "PublicPolicyException"
	ResourceExists          Code = "ResourceExistsException"
	ResourceNotFound        Code = "ResourceNotFoundException"
)

// The exceptions that AWS's framework has for every service.
const (
	AccessDenied               Code = "AccessDeniedException"
	IncompleteSignature        Code = "IncompleteSignatureException"
	InvalidSignature           Code = "InvalidSignatureException"
	MissingAuthenticationToken Code = "MissingAuthenticationTokenException"
	RequestTooLarge            Code = "RequestEntityTooLargeException"
	Serialization              Code = "SerializationException"
	UnknownOperation           Code = "UnknownOperationException"
	UnrecognizedClient         Code = "UnrecognizedClientException"
	Validation                 Code = "ValidationException"
)

// framework reports whether AWS's framework raises the exception, and not the service. The two spell the member that
// holds the message in different ways.
func (c Code) framework() bool {
	switch c {
	case AccessDenied, IncompleteSignature, InvalidSignature, MissingAuthenticationToken, RequestTooLarge, Serialization,
		UnknownOperation, UnrecognizedClient, Validation:
		return true
	}
	return false
}

// status is 400 for all that a client cannot mend by trying again: SDKs repeat a request for seconds after any 5xx.
func (c Code) status() int {
	switch c {
	case InternalServiceError:
		return http.StatusInternalServerError
	case RequestTooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

// Error is an exception of AWS: clients read its code and its message. It must not hold a secret value.
type Error struct {
	Code    Code
	Message string
}

// Errorf returns an [*Error].
func Errorf(code Code, format string, args ...any) error {
	return &Error{code, fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }
