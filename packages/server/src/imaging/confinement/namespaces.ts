export interface NamespacesOptions {
  /** An empty folder. */
  readonly root: string;
  /** Everything that the namespace contains, at the same paths. */
  readonly readable: readonly string[];
  readonly writable: string;
  /** By the names of prlimit(1). */
  readonly limits: Readonly<Record<string, number>>;
  readonly command: readonly string[];
}

export interface InNamespaces {
  /** Exits with 0 if a process can have namespaces of its own. */
  readonly probe: readonly string[];
  /** More arguments are those of the command. */
  readonly run: readonly string[];
}

const UNSHARE = [
  '/usr/bin/unshare',
  '--user',
  '--map-root-user',
  '--mount',
  '--net',
  '--ipc',
  '--uts',
  '--pid',
  '--fork',
  '--kill-child',
];

/**
 * The namespace's root is a folder in memory with read-only bind mounts of some of the system's paths. Without
 * capabilities a process can't leave it: chroot(2) is refused, and so is a new user namespace inside of one
 * (user_namespaces(7)).
 */
const ASSEMBLE = `set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
root=$1 writable=$2
for limit in $3; do
  prlimit --pid $$ "$limit" 2>/dev/null || true # refused is one that is lower already
done
shift 3
mount -t tmpfs -o mode=755,size=1m none "$root"
show() {
  if [ -e "$root$1" ]; then return; fi # in a folder that is shown
  if [ -d "$1" ]; then mkdir -p "$root$1"; else mkdir -p "$root\${1%/*}"; : >> "$root$1"; fi
  mount --bind "$1" "$root$1"
  mount -o "remount,bind,$2" "$root$1"
}
for link in /bin /lib /lib64; do
  if [ -L "$link" ]; then ln -s "$(readlink "$link")" "$root$link"; fi
done
while [ "$1" != -- ]; do
  case $1 in
    /dev/*) show "$1" ro,nosuid,noexec ;;
    *) if [ -e "$1" ]; then show "$1" ro,nosuid,nodev; fi ;;
  esac
  shift
done
shift
if [ -d /lib64 ]; then show "$(readlink -f /lib64)" ro,nosuid,nodev; fi # where x86-64 has the dynamic linker's name
show "$writable" rw,nosuid,nodev,noexec
mount -o remount,bind,ro "$root"
cd "$root"
exec chroot "$root" "$@"`;

/** By the programs of util-linux, which need no privilege if the kernel allows user namespaces. */
export function inNamespaces({ root, readable, writable, limits, command }: NamespacesOptions): InNamespaces {
  const setpriv = '/usr/bin/setpriv';
  const limited = Object.entries(limits).map(([name, value]) => `--${name}=${value}`);
  const shown = [...new Set(readable), setpriv];
  const running = (what: readonly string[]) => [
    ...[...UNSHARE, '/bin/sh', '-c', ASSEMBLE, 'sh', root, writable, limited.join(' ')],
    ...[...shown, '--', setpriv, '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', ...what],
  ];
  return { probe: running([setpriv, '--version']), run: running(command) };
}
