// Reading both superblocks of a file that may be damaged, cut or not a ring at all.

import Platform

/// Both copies as found.
struct SuperblockPair {
    let superblock: Superblock
    /// Damage of the first and the last copy; nil = intact.
    let damage: (first: SuperblockDamage?, last: SuperblockDamage?)

    /// Reads both copies through `page`, 4 KiB of scratch memory.
    ///
    /// - likely: the geometry that places the last copy when the first one cannot say it.
    static func read(
        _ storage: any Storage, _ file: StorageFile, path: String, page: Page,
        likely: RingGeometry?
    ) throws(RingError) -> SuperblockPair {
        let fileBytes: Int
        do throws(StorageError) {
            fileBytes = try storage.size(file)
        } catch {
            throw .storage(error)
        }
        func readOne(_ offset: Int) -> Result<Superblock, SuperblockDamage> {
            guard offset >= 0, offset + RingGeometry.pageBytes <= fileBytes else {
                return .failure(.missing)
            }
            let bytes = UnsafeMutableRawBufferPointer(
                start: page.base, count: RingGeometry.pageBytes)
            do throws(StorageError) {
                try storage.readPatiently(file, into: bytes, at: offset)
            } catch {
                return .failure(.unreadable(error))
            }
            return Result { () throws(SuperblockDamage) in try Superblock.decode(page) }
        }
        switch readOne(0) {
        case .success(let first):
            switch readOne(first.geometry.lastSuperblockOffset) {
            case .success(let last):
                guard first == last else { throw .superblocksContradict(path: path) }
                return SuperblockPair(superblock: first, damage: (nil, nil))
            case .failure(let damage):
                return SuperblockPair(superblock: first, damage: (nil, damage))
            }
        case .failure(let firstDamage):
            let lastPage = fileBytes / RingGeometry.pageBytes - 1
            var lastDamage = SuperblockDamage.missing
            for offset in [likely?.lastSuperblockOffset, lastPage * RingGeometry.pageBytes] {
                guard let offset, offset > 0 else { continue }
                switch readOne(offset) {
                case .success(let last):
                    return SuperblockPair(superblock: last, damage: (firstDamage, nil))
                case .failure(let damage):
                    lastDamage = damage
                }
            }
            throw .superblocksDamaged(path: path, first: firstDamage, last: lastDamage)
        }
    }
}

extension Storage {
    /// Reads three times before it believes in an error: at start-up one passing error would
    /// otherwise make an older generation the newest. (Unlike a sync, a read may be repeated.)
    func readPatiently(
        _ file: StorageFile, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(StorageError) {
        for _ in 0..<2 {
            do throws(StorageError) {
                return try read(file, into: buffer, at: offset)
            } catch {
                continue
            }
        }
        try read(file, into: buffer, at: offset)
    }
}
