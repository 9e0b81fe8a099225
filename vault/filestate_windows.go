package vault

import (
	"os"
	"path/filepath"
)

// statDir looks at the files of a directory.
type statDir struct{ dir string }

func openStatDir(dir string) (statDir, error) { return statDir{dir}, nil }

func (d statDir) close() {}

func (d statDir) stat(name string) (fileState, error) {
	info, err := os.Lstat(filepath.Join(d.dir, name))
	if err != nil {
		return fileState{}, err
	}
	return fileState{size: info.Size(), modified: info.ModTime().UnixNano()}, nil
}
