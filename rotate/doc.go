// Package rotate changes secrets where they are used, by calling the user's own
// programs, and never leaves anybody locked out.
//
// A [Rotation] is what a secret's record says about it: the rotator, the
// schedule (package schedule below this one) and the state of a rotation that is
// under way. An [Engine] rotates one secret ([Engine.Rotate]) by walking four
// steps with one token:
//
//	create  a new value is made and saved as pending before anybody else sees it
//	set     the rotator makes the service accept it
//	test    the rotator logs in with it
//	        the labels move: pending becomes current, current becomes previous
//	finish  the rotator may clean up
//
// The state is saved before and after each step. A run that failed, or died at
// any instant, is continued by the next one with the same pending value; what
// happened in a step that was cut off is found out by testing which value the
// service accepts, and never guessed. A value is given up only when another one
// was proven to work.
//
// An [Executor] calls rotators by the protocol in PROTOCOL.md beside this file.
//
// Only the command line, the file format and the rotator protocol of this module
// are promised to stay compatible. This package may change.
package rotate
