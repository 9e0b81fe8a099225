package vault

// fileState tells whether a file has changed. Times are in nanoseconds.
type fileState struct {
	size, modified, changed, inode int64
}

// newest returns the time of the last change that left a sign.
func (s fileState) newest() int64 { return max(s.modified, s.changed) }
