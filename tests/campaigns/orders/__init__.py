"""Events in other orders, repeated and late: a program, so that it can be run in a tree that was broken on purpose."""
