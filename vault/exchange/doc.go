// Package exchange reads secrets from the files of other tools, and writes them
// for other tools.
//
// [Detect] guesses a file's [Format] from its content, [Parse] turns it into
// entries, and [Export] writes entries. Directories of encrypted files, such as
// those of pass, are read by [ReadStore]. A [Plan] stores entries in a vault: all of
// them or none.
package exchange
