// Package mirror keeps a sealed local copy of each company's records and brings it up to date by asking QuickBooks what
// changed. It implements the ports of package supply on top of a live supply, so readers need not know. The copy is a
// cache: it can be thrown away at any time, and whatever is not known to be current is read live.
package mirror
