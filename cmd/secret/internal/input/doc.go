// Package input reads the values that the user gives: at a prompt, through a pipe, from files, on the command line, or
// generated.
//
// [Flags] say where a value comes from, and [Source] reads it. [Spec] is the value of a secret as the command line
// describes it: its kind, and the fields that are given.
//
// An error does not repeat an argument that may be a value.
package input
