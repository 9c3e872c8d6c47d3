// Making the file, and moving an old one away.
//
// Order of syncs: the new file gets its full size, both superblocks and a sync under another
// name, and only then its name. So a file called `ring` is complete from its first moment.

import Platform

extension Ring {
    var newPath: String { "\(path).new" }

    func createFile() throws(StorageError) -> StorageFile {
        do throws(StorageError) {
            try storage.remove(newPath)
        } catch StorageError.notFound {
            // The usual case: no earlier start was interrupted.
        }
        let file = try storage.open(newPath, .createNew)
        do throws(StorageError) {
            try storage.preallocate(file, bytes: geometry.fileBytes)
            try writeSuperblock(file, at: 0)
            try writeSuperblock(file, at: geometry.lastSuperblockOffset)
            try storage.synchronize(file)
            try storage.rename(newPath, to: path)
            return file
        } catch {
            storage.close(file)
            do throws(StorageError) { try storage.remove(newPath) } catch {
                // The next start removes it; the first error is the one to report.
            }
            throw error
        }
    }

    func writeSuperblock(_ file: StorageFile, at offset: Int) throws(StorageError) {
        Superblock(geometry: geometry, identity: identity).encode(into: scratchPage)
        try storage.write(file, scratchPage.bytes, at: offset)
    }

    /// Moves the ring file of `directory` to `ring.aside-N`, N being the first free number from
    /// 1, durably; returns the new name, nil when there is no ring file. No ring may be open.
    public static func setAside(
        storage: any Storage, directory: String
    ) throws(StorageError) -> String? {
        let names = try storage.list(directory)
        guard names.contains(fileName) else { return nil }
        var number = 1
        while names.contains("\(fileName).aside-\(number)") { number += 1 }
        let name = "\(fileName).aside-\(number)"
        try storage.rename("\(directory)/\(fileName)", to: "\(directory)/\(name)")
        try storage.synchronizeDirectory(directory)
        return name
    }
}
