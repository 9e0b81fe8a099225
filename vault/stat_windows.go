package vault

import "io/fs"

func inodeOf(fs.FileInfo) int64 { return 0 }
