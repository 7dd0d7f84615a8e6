import { GROUPS, groupOf } from './names.ts';

/** Which objects are named, with their sizes: 37 bytes each, so that millions fit into memory. */
export interface ObjectRefs {
  add(sha256: string, sizeBytes: number): void;
  /** Those of a group, by their hash. */
  group(group: number): ReadonlyMap<string, number>;
}

/** 31 bytes of the hash, as the group is its first, and the size. */
const HASH_BYTES = 31;
const ENTRY_BYTES = HASH_BYTES + 6;
const FIRST_ENTRIES = 64;

export function createObjectRefs(): ObjectRefs {
  const groups = GROUPS.map((group) => createGroup(group));
  return {
    add: (sha256, sizeBytes) => groups[groupOf(sha256)]?.add(sha256, sizeBytes),
    group: (group) => groups[group]?.read() ?? new Map(),
  };
}

function createGroup(group: number) {
  const first = group.toString(16).padStart(2, '0');
  let bytes = Buffer.alloc(0);
  let used = 0;

  const read = (): Map<string, number> => {
    const found = new Map<string, number>();
    for (let at = 0; at < used; at += ENTRY_BYTES) {
      const sha256 = `${first}${bytes.toString('hex', at, at + HASH_BYTES)}`;
      found.set(sha256, bytes.readUIntBE(at + HASH_BYTES, 6));
    }
    return found;
  };

  function write(sha256: string, sizeBytes: number): void {
    bytes.write(sha256.slice(2), used, HASH_BYTES, 'hex');
    bytes.writeUIntBE(sizeBytes, used + HASH_BYTES, 6);
    used += ENTRY_BYTES;
  }

  /** Several backups name the same objects: each is kept once before more room is made. */
  function grow(): void {
    const kept = read();
    const isHalfFree = kept.size > 0 && kept.size * ENTRY_BYTES * 2 <= bytes.length;
    if (!isHalfFree) bytes = Buffer.alloc(Math.max(bytes.length * 2, FIRST_ENTRIES * ENTRY_BYTES));
    used = 0;
    for (const [sha256, sizeBytes] of kept) write(sha256, sizeBytes);
  }

  return {
    read,
    add(sha256: string, sizeBytes: number): void {
      if (used + ENTRY_BYTES > bytes.length) grow();
      write(sha256, sizeBytes);
    },
  };
}
