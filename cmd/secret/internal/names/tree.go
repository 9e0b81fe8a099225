package names

import (
	"slices"
	"strings"
)

// Tree returns a drawing of the names, in which each part before a slash is a branch.
func Tree(names []string) string {
	slices.SortFunc(names, func(a, b string) int {
		return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
	})
	var b strings.Builder
	writeTree(&b, names, "")
	return b.String()
}

// writeTree draws sorted names below an indentation. The text before a slash is a branch.
func writeTree(b *strings.Builder, names []string, indent string) {
	for len(names) > 0 {
		branch, _, _ := strings.Cut(names[0], "/")
		count := 0
		var below []string
		isSecret := false
		for _, name := range names {
			rest, inside := strings.CutPrefix(name, branch+"/")
			if name == branch {
				isSecret = true
			} else if inside {
				below = append(below, rest)
			} else {
				break
			}
			count++
		}
		names = names[count:]
		joint, deeper := "├── ", "│   "
		if isSecret && len(below) > 0 {
			b.WriteString(indent + joint + branch + "\n")
		}
		if len(names) == 0 {
			joint, deeper = "└── ", "    "
		}
		if len(below) > 0 {
			branch += "/"
		}
		b.WriteString(indent + joint + branch + "\n")
		writeTree(b, below, indent+deeper)
	}
}
