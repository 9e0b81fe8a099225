// Package process runs other programs: a command in the place of this process ([Run]), tools that must end soon
// ([Tool]), other programs that have limits ([Bounds]), and processes without a terminal ([Detach]).
package process
