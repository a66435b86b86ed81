package table

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// Spools makes spools whose bytes beyond a few megabytes are in files of a folder rather than in memory. The zero value
// makes such that are wholly in memory.
type Spools struct {
	// Folder must exist. A file in it has no name, so that nothing is left of it when the program ends in whatever way,
	// and what is written is sealed with a key that nobody but the spool has. While the folder takes no files, as when
	// the disk is full, spools stay in memory.
	Folder string
}

// New returns an empty spool for rows under the schema.
func (s Spools) New(schema Schema) *Spool {
	spool := NewSpool(schema)
	spool.kept.folder = s.Folder
	return spool
}

// Beside returns an empty spool that keeps its rows where s does.
func (s *Spool) Beside(schema Schema) *Spool { return Spools{Folder: s.kept.folder}.New(schema) }

// keptInMemory is how many bytes a spool holds in memory before it begins a file.
const keptInMemory = 2 << 20

// spillFile is an open file without a name that holds sealed pieces. It is closed when nothing refers to it any more.
type spillFile struct {
	file *os.File
	seal cipher.AEAD
	end  int64
	buf  []byte
}

func newSpillFile(folder string) (*spillFile, error) {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("preparing a key: %w", err)
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("preparing a key: %w", err)
	}
	f, err := os.CreateTemp(folder, "rows-*")
	if err != nil {
		return nil, fmt.Errorf("making a file for rows: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil { // such as on systems where an open file cannot go
		_ = f.Close()
		_ = os.Remove(f.Name())
		return nil, fmt.Errorf("making a file for rows: %w", err)
	}
	return &spillFile{file: f, seal: seal}, nil
}

// spilled is where a piece is in a file.
type spilled struct {
	at   int64
	size int
}

// nonce is never used twice, because each place in the file is written once.
func (s *spillFile) nonce(at int64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, s.seal.NonceSize()-8, s.seal.NonceSize()), uint64(at))
}

func (s *spillFile) add(plain []byte) (spilled, error) {
	s.buf = s.seal.Seal(s.buf[:0], s.nonce(s.end), plain, nil)
	if _, err := s.file.WriteAt(s.buf, s.end); err != nil {
		return spilled{}, fmt.Errorf("writing rows into a file: %w", err)
	}
	p := spilled{s.end, len(s.buf)}
	s.end += int64(len(s.buf))
	return p, nil
}

// read returns the plain piece, in buf if that is large enough.
func (s *spillFile) read(p spilled, buf []byte) ([]byte, error) {
	if cap(buf) < p.size {
		buf = make([]byte, p.size)
	}
	if _, err := s.file.ReadAt(buf[:p.size], p.at); err != nil {
		return nil, fmt.Errorf("reading rows from a file: %w", err)
	}
	plain, err := s.seal.Open(buf[:0], s.nonce(p.at), buf[:p.size], nil)
	if err != nil {
		return nil, fmt.Errorf("reading rows from a file: %w", err)
	}
	return plain, nil
}

// chunks holds bytes in pieces, so that growing copies nothing. The first pieces may be in a file.
type chunks struct {
	folder string // where the file is to be; empty for none
	file   *spillFile
	away   []spilled
	list   [][]byte
	size   int
}

// The sizes of chunks: each is twice as large as the one before, up to the largest.
const (
	firstChunk   = 4 << 10
	largestChunk = 256 << 10
)

// Write implements io.Writer.
func (c *chunks) Write(p []byte) (int, error) {
	n := len(p)
	c.size += n
	for len(p) > 0 {
		last := len(c.list) - 1
		if last < 0 || len(c.list[last]) == cap(c.list[last]) {
			c.list = append(c.list, c.room())
			last = len(c.list) - 1
		}
		fits := min(len(p), cap(c.list[last])-len(c.list[last]))
		c.list[last] = append(c.list[last], p[:fits]...)
		p = p[fits:]
	}
	return n, nil
}

// room returns an empty chunk. It makes it of one that it puts into the file, if there are many.
func (c *chunks) room() []byte {
	if c.folder == "" || len(c.list) < keptInMemory/largestChunk {
		return make([]byte, 0, min(firstChunk<<min(len(c.list), 16), largestChunk))
	}
	first := c.list[0]
	if err := c.spill(first); err != nil {
		c.folder = "" // what is in the file stays there
		return make([]byte, 0, largestChunk)
	}
	c.list = append(c.list[:0], c.list[1:]...)
	if cap(first) < largestChunk {
		return make([]byte, 0, largestChunk)
	}
	return first[:0]
}

func (c *chunks) spill(chunk []byte) (err error) {
	if c.file == nil {
		if c.file, err = newSpillFile(c.folder); err != nil {
			return err
		}
	}
	at, err := c.file.add(chunk)
	if err == nil {
		c.away = append(c.away, at)
	}
	return err
}

// reader returns a reader of all bytes from the beginning.
func (c *chunks) reader() io.Reader {
	parts := make([]io.Reader, 0, 1+len(c.list))
	if len(c.away) > 0 {
		parts = append(parts, &spillReader{file: c.file, away: c.away})
	}
	for _, part := range c.list {
		parts = append(parts, bytes.NewReader(part))
	}
	return io.MultiReader(parts...)
}

// spillReader reads the pieces of a file one after another.
type spillReader struct {
	file *spillFile
	away []spilled
	buf  []byte
	left []byte
}

// Read implements io.Reader.
func (r *spillReader) Read(p []byte) (n int, err error) {
	for len(r.left) == 0 {
		if len(r.away) == 0 {
			return 0, io.EOF
		}
		if r.left, err = r.file.read(r.away[0], r.buf); err != nil {
			return 0, err
		}
		r.buf, r.away = r.left[:0], r.away[1:]
	}
	n = copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}
