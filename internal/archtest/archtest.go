// Package archtest holds the tests that keep the structure as it is meant: which package may import which, that each
// says what it is for, that money is never a float, and that QuickBooks is only read.
package archtest
