// Package rotate changes secrets where they are used, by calling the user's own
// programs, and keeps a value that works at every moment.
//
// A [Rotation] is the part of a secret's record that says how the secret is rotated:
// the rotator, the schedule (see package schedule) and the state of a rotation that is
// under way. [Engine.Rotate] rotates one secret by four steps with one token:
//
//	create  the engine makes a new value and saves it as pending, before the service gets it
//	set     the rotator makes the service accept the value
//	test    the rotator logs in with the value
//	        the labels move: pending becomes current, current becomes previous
//	finish  the rotator may revoke the previous value, at once or after a grace
//
// The engine saves the state before and after each step. The next run continues a
// rotation that failed, or whose process died at any moment, with the same pending
// value. If the outcome of a step is unknown, it tests which value the service accepts,
// and never guesses. It drops a value only after another one was proven to work.
//
// [Due] and [Enabled] select the secrets of a run, [Engine.Plan] tells the steps that the run would
// do, and [Engine.RotateAll] does it with several workers. [StatusOf] and [Log] describe
// one secret for people.
//
// An [Executor] calls rotators by the protocol in PROTOCOL.md beside this file, and
// package rotatortest checks that a rotator keeps it. [Consent] remembers which rotators
// the user enabled on this machine.
//
// Only the command line, the file format and the rotator protocol of this module
// are promised to stay compatible. This package may change.
package rotate
