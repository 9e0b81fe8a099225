// Package durable writes files that survive a crash or a power cut, reads files that
// another program may have planted, and locks.
//
// [Write] and [Remove] change a file of a directory that the caller has locked. When
// they return, the change is on the disk; a crash before that leaves the old file.
// [Create] and [Replace] do the same beside files of other programs, where there is no
// lock. [Rewrite] replaces a file by the result of a function, one process at a
// time. [Read] reads a regular file only, follows no symbolic link, never waits and
// stops at a limit.
//
// A write is: a temporary file in the same directory, fsync, rename, fsync of the
// directory. A file whose fsync failed is thrown away and never tried again, because
// the kernel may have dropped its pages and would report success. Where the last fsync
// fails, the change is made and may be lost in a power cut: [ErrUnsynced].
//
// Temporary files hold the content of the file to be, perhaps a key in clear. On Linux
// they have no name until they are complete; elsewhere, and while one replaces an older
// file, the name begins with .new, and the next write in that directory removes the
// files of killed processes.
//
// Only the command line, the file format and the rotator protocol of this module are
// promised to stay compatible. This package may change.
package durable
