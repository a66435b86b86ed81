// Package schedule says when exporters are due. A [Spec] is a cron expression
// in a time zone that behaves at clock changes as people expect, explains itself
// in plain English and never panics on what users type. The parsing of single
// fields is done by robfig/cron; its clock arithmetic is not used, because it
// skips daily times in the spring and repeats them in the autumn.
package schedule
