package vault

// What the tests of the format reach that nobody else has to.
var (
	DecodeRecord  = decodeRecord
	EncodeRecord  = encodeRecord
	ParseHeader   = parseHeader
	EncodeHeader  = (*Header).encode
	ResealKeyFile = resealKeyFile
)
