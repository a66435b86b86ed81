package mirror

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"ledgersheet/internal/mapped"
)

// Sealer encrypts what is kept of a company, under a key of the company's own. The place is where the value will be, so
// that it is of no use elsewhere.
type Sealer interface {
	Seal(place string, plain []byte) ([]byte, error)
	Open(place string, sealed []byte) ([]byte, error)
}

var (
	// errInUse says that another process has the file.
	errInUse = errors.New("the local copy is in use by another process")
	// errDamaged says that the file is not what was written. It must be thrown away.
	errDamaged = errors.New("the local copy is damaged")
)

// The buckets of a file. What is in them is sealed; their keys say nothing about the company.
const (
	bucketState       = "state"
	bucketDirectories = "directories"
	bucketBlocks      = "blocks"
	keyState          = "state"
)

// lockWait is how long to wait for another process to let go of a file.
const lockWait = 20 * time.Millisecond

// growBy is by how much a file grows at a time.
const growBy = 1 << 20

// batch is how many blocks are written at a time.
const batch = 32

// codec compresses blocks. It is safe for concurrent use.
type codec struct {
	out *zstd.Encoder
	in  *zstd.Decoder
}

func newCodec() (codec, error) {
	// A block has about 256 KB, and the encoder keeps twice its window in memory for as long as it lives. The next
	// level takes nearly twice the time and makes files smaller by a fourteenth.
	out, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(512<<10))
	if err != nil {
		return codec{}, fmt.Errorf("preparing compression: %w", err)
	}
	in, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		return codec{}, fmt.Errorf("preparing decompression: %w", err)
	}
	return codec{out, in}, nil
}

// file is one company's open file. Blocks are written once and never changed; committing directories makes new ones
// count and old ones garbage, in one step.
type file struct {
	path, realm string
	seal        Sealer
	codec       codec
	db          *bbolt.DB
	handle      *os.File
	reads       atomic.Int64 // of blocks
}

// openFile opens or makes a file. Its errors match errInUse or errDamaged where those apply.
func openFile(path, realm string, seal Sealer, c codec) (_ *file, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for local copies: %w", err)
	}
	if err := removeFile(path + freshSuffix); err != nil { // of a process that was killed
		return nil, err
	}
	f := &file{path: path, realm: realm, seal: seal, codec: c}
	err = f.guard(func() error {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: lockWait, FreelistType: bbolt.FreelistMapType, NoFreelistSync: false,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				h, err := os.OpenFile(name, flag, mode)
				f.handle = h
				return h, err
			},
		})
		var pathErr *fs.PathError
		switch {
		case err == nil:
		case errors.Is(err, bbolterrors.ErrTimeout):
			return errInUse
		case errors.Is(err, fs.ErrPermission), errors.As(err, &pathErr):
			return fmt.Errorf("opening the local copy: %w", err)
		default:
			return errors.Join(errDamaged, err)
		}
		db.AllocSize = growBy
		f.db = db
		return db.Update(func(tx *bbolt.Tx) error {
			for _, name := range []string{bucketState, bucketDirectories, bucketBlocks} {
				if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
					return fmt.Errorf("preparing the local copy: %w", err)
				}
			}
			return nil
		})
	})
	if err != nil {
		f.abandon()
		return nil, err
	}
	return f, nil
}

// guard turns bbolt's panics and faults in its memory map, which happen with damaged files, into errDamaged.
func (f *file) guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("reading pages: %v: %w", r, errDamaged)
		}
	}()
	return do()
}

// close releases the file.
func (f *file) close() error {
	if err := f.guard(f.db.Close); err != nil {
		return fmt.Errorf("closing the local copy: %w", err)
	}
	return nil
}

// abandon releases the lock of a file that cannot be closed properly. Its memory map stays.
func (f *file) abandon() {
	if f.handle != nil {
		_ = f.handle.Close()
	}
}

// remove releases the file and deletes it.
func (f *file) remove() error {
	done := f.close()
	if done != nil {
		f.abandon()
	}
	return removeFile(f.path)
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("deleting a local copy: %w", err)
	}
	return nil
}

// isWasteful reports whether much of the file is unused, as after all records were read anew.
func (f *file) isWasteful() bool {
	info, err := os.Stat(f.path)
	free := int64(f.db.Stats().FreePageN) * int64(f.db.Info().PageSize)
	return err == nil && free > leastWaste && free > info.Size()/3
}

// leastWaste is how many unused bytes are worth writing a file anew.
const leastWaste = 1 << 20

// compact writes what is used into a new file in place of this one, and closes it. A process that is killed meanwhile
// leaves one of the two.
func (f *file) compact() error {
	fresh := f.path + freshSuffix
	return f.guard(func() error {
		if err := removeFile(fresh); err != nil {
			return err
		}
		to, err := bbolt.Open(fresh, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
		if err != nil {
			return fmt.Errorf("compacting the local copy: %w", err)
		}
		to.AllocSize = growBy
		err = errors.Join(bbolt.Compact(to, f.db, growBy), to.Close(), f.db.Close())
		if err == nil {
			err = os.Rename(fresh, f.path)
		}
		if err != nil {
			return fmt.Errorf("compacting the local copy: %w", err)
		}
		return nil
	})
}

// freshSuffix is that of a file being compacted.
const freshSuffix = ".new"

func (f *file) get(bucket string, key []byte, place string) (plain []byte, err error) {
	err = f.guard(func() error {
		err := f.db.View(func(tx *bbolt.Tx) (err error) {
			b := tx.Bucket([]byte(bucket))
			if b == nil {
				return errDamaged
			}
			if v := b.Get(key); v != nil {
				plain, err = f.unseal(place, v) // which keeps nothing of it
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("reading the local copy: %w", err)
		}
		return nil
	})
	return plain, err
}

// loadState reads the state, or returns false if there is none.
func (f *file) loadState(s *state) (bool, error) {
	plain, err := f.get(bucketState, []byte(keyState), f.place(keyState))
	if err != nil || plain == nil {
		return false, err
	}
	if err := json.Unmarshal(plain, s); err != nil {
		return false, errors.Join(errDamaged, err)
	}
	return true, nil
}

// directory reads the directory of an object.
func (f *file) directory(object string) (directory, error) {
	plain, err := f.get(bucketDirectories, []byte(object), f.place(object, "directory"))
	if err != nil {
		return nil, err
	}
	if plain == nil {
		return nil, fmt.Errorf("the directory of %s is missing: %w", object, errDamaged)
	}
	d, err := decodeDirectory(plain)
	if err != nil {
		return nil, errors.Join(errDamaged, err)
	}
	return d, nil
}

// dropEvery is after how many blocks the mapped pages are given back; they take about 1 MB then.
const dropEvery = 32

// block reads a block and compares it with what the directory says.
func (f *file) block(object string, ref blockRef) ([]entry, error) {
	plain, err := f.get(bucketBlocks, blockKey(ref.number), f.blockPlace(object, ref.number))
	if err != nil {
		return nil, err
	}
	if plain == nil {
		return nil, fmt.Errorf("a block of %s is missing: %w", object, errDamaged)
	}
	if f.reads.Add(1)%dropEvery == 0 {
		// It saves memory and decides nothing.
		_ = f.guard(func() error { return f.db.View(func(tx *bbolt.Tx) error { mapped.Drop(tx); return nil }) })
	}
	list, err := decodeBlock(plain)
	if err != nil {
		return nil, errors.Join(errDamaged, err)
	}
	if len(list) == 0 || len(list) != ref.records || list[0].place != ref.first || list[len(list)-1].place != ref.last {
		return nil, fmt.Errorf("a block of %s holds other records than it should: %w", object, errDamaged)
	}
	return list, nil
}

func (f *file) blockPlace(object string, number uint64) string {
	return f.place(object, strconv.FormatUint(number, 10))
}

func blockKey(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

// addBlocks writes blocks, which count for nothing until a directory that lists them is committed.
func (f *file) addBlocks(object string, blocks [][]entry) (refs directory, err error) {
	var room rooms
	for len(blocks) > 0 {
		some := blocks[:min(batch, len(blocks))]
		blocks = blocks[len(some):]
		err := f.guard(func() error {
			return f.db.Update(func(tx *bbolt.Tx) error {
				b := tx.Bucket([]byte(bucketBlocks))
				for _, list := range some {
					number, err := b.NextSequence()
					if err != nil {
						return fmt.Errorf("numbering a block: %w", err)
					}
					room.plain = appendBlock(room.plain[:0], list)
					value, err := f.sealedIn(&room, f.blockPlace(object, number), room.plain)
					if err != nil {
						return err
					}
					if err := b.Put(blockKey(number), value); err != nil {
						return fmt.Errorf("writing a block: %w", err)
					}
					refs = append(refs, refOf(number, list))
				}
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return refs, nil
}

// journal reads the journal of an object; nil if there is none.
func (f *file) journal(object string) (journal, error) {
	plain, err := f.get(bucketState, journalKey(object), f.place(object, "journal"))
	if err != nil || plain == nil {
		return nil, err
	}
	var j journal
	if err := json.Unmarshal(plain, &j); err != nil {
		return nil, errors.Join(errDamaged, err)
	}
	return j, nil
}

func journalKey(object string) []byte { return []byte("journal/" + object) }

func (f *file) putJournal(tx *bbolt.Tx, object string, j journal) error {
	b := tx.Bucket([]byte(bucketState))
	if len(j) == 0 {
		return b.Delete(journalKey(object))
	}
	text, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("encoding a journal: %w", err)
	}
	value, err := f.sealed(f.place(object, "journal"), text)
	if err != nil {
		return err
	}
	return b.Put(journalKey(object), value)
}

// commit makes a state, directories and journals count, all or none. A nil directory or journal deletes the object's.
// It also deletes blocks that are garbage.
func (f *file) commit(
	s state, directories map[string]directory, journals map[string]journal, garbage []uint64,
) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encoding the state of a local copy: %w", err)
	}
	return f.guard(func() error {
		return f.db.Update(func(tx *bbolt.Tx) error {
			value, err := f.sealed(f.place(keyState), text)
			if err == nil {
				err = tx.Bucket([]byte(bucketState)).Put([]byte(keyState), value)
			}
			for object, d := range directories {
				if err == nil {
					err = f.putDirectory(tx, object, d)
				}
			}
			for object, j := range journals {
				if err == nil {
					err = f.putJournal(tx, object, j)
				}
			}
			for _, number := range garbage {
				if err == nil {
					err = tx.Bucket([]byte(bucketBlocks)).Delete(blockKey(number))
				}
			}
			if err != nil {
				return fmt.Errorf("writing the local copy: %w", err)
			}
			return nil
		})
	})
}

func (f *file) putDirectory(tx *bbolt.Tx, object string, d directory) error {
	b := tx.Bucket([]byte(bucketDirectories))
	if d == nil {
		return b.Delete([]byte(object))
	}
	value, err := f.sealed(f.place(object, "directory"), d.encode())
	if err != nil {
		return err
	}
	return b.Put([]byte(object), value)
}

// strays lists the blocks that no directory lists, such as those of a refresh that was killed.
func (f *file) strays(known map[uint64]bool) (strays []uint64, err error) {
	err = f.guard(func() error {
		return f.db.View(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(bucketBlocks)).ForEach(func(k, _ []byte) error {
				if len(k) != 8 {
					return errDamaged
				}
				if number := binary.BigEndian.Uint64(k); !known[number] {
					strays = append(strays, number)
				}
				return nil
			})
		})
	})
	return strays, err
}
