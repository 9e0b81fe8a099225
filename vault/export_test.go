package vault

// For the tests of the format alone.
var (
	DecodeRecord  = decodeRecord
	EncodeRecord  = encodeRecord
	ParseHeader   = parseHeader
	EncodeHeader  = (*Header).encode
	ResealKeyFile = resealKeyFile
)
