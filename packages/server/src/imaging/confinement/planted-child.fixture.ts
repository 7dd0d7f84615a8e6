import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import koffi from 'koffi';
import { serveJobs } from '../processes/serve-jobs.ts';

/** A compromised decoder and its attacks, for tests. */
export interface Attack {
  readonly name: AttackName;
  /** The one file of its job. */
  readonly input: string;
  /** Its output, which exists. */
  readonly output: string;
  readonly service: number;
  /** A string in the memory of the service. */
  readonly address: string;
  readonly dataDir: string;
  readonly outside: string;
  readonly port: number;
  readonly socketPath: string;
}

export type AttackName = keyof typeof ATTACKS;

/** Each attack returns if it succeeded, and throws if it was stopped. It leaves the folder of outputs as it was. */
const ATTACKS = {
  'reads the secret': ({ dataDir }) => readFileSync(`${dataDir}/secret`),
  'reads the database': ({ dataDir }) => readFileSync(`${dataDir}/safelight.db`),
  "reads another's image": ({ dataDir }) => readFileSync(`${dataDir}/objects/image`),
  'lists objects': ({ dataDir }) => readdirSync(`${dataDir}/objects`),
  'reads a file of the system': () => readFileSync('/etc/passwd'),
  "reads the service's environment": ({ service }) => readFileSync(`/proc/${service}/environ`),
  "reads the service's memory by /proc": ({ service, address }) => {
    const memory = openSync(`/proc/${service}/mem`, 'r');
    return readSync(memory, Buffer.alloc(8), 0, 8, Number(address));
  },
  "reads the service's memory": (attack) => transfer('process_vm_readv', attack),
  "writes the service's memory": (attack) => transfer('process_vm_writev', attack),
  'traces the service': ({ service }) => call('ptrace', PTRACE_SEIZE, service, 0, 0),
  'signals the service': ({ service }) => call('kill', service, 0),
  "changes the service's limits": ({ service }) => call('prlimit64', service, 7, 0, placed(Buffer.alloc(16))),
  'writes an object': ({ dataDir }) => writeFileSync(`${dataDir}/objects/new`, 'x'),
  'overwrites an object': ({ dataDir }) => appendFileSync(`${dataDir}/objects/image`, 'x'),
  'truncates the database by its name': ({ dataDir }) => truncateSync(`${dataDir}/safelight.db`),
  'truncates the database as it opens it to read': ({ dataDir }) =>
    closeSync(openSync(`${dataDir}/safelight.db`, constants.O_RDONLY | constants.O_TRUNC)),
  'links the secret to where it may read': ({ dataDir, output }) => {
    linkSync(`${dataDir}/secret`, `${output}-link`);
    readFileSync(`${output}-link`);
    unlinkSync(`${output}-link`);
  },
  'writes outside its folder': ({ outside }) => writeFileSync(`${outside}/planted`, 'x'),
  'writes its input': ({ input }) => appendFileSync(input, 'x'),
  'truncates its input': ({ input }) => closeSync(openSync(input, constants.O_RDONLY | constants.O_TRUNC)),
  'changes the mode of its input': ({ input }) => chmodSync(input, 0o777),
  'changes the times of its input': ({ input }) => utimesSync(input, 1, 1),
  'writes a symbolic link': ({ dataDir, output }) => {
    symlinkSync(`${dataDir}/secret`, `${output}-symbolic`);
    unlinkSync(`${output}-symbolic`);
  },
  'writes more than an output may have': ({ output }) =>
    ftruncateSync(openSync(output, constants.O_WRONLY), 129 * 2 ** 20),
  'reserves space beyond the size of its output': ({ output }) =>
    call('fallocate', openSync(output, constants.O_WRONLY), FALLOC_FL_KEEP_SIZE, 0, 129 * 2 ** 20),
  'makes another file': ({ output }) => {
    closeSync(openSync(`${output}-more`, 'wx'));
    unlinkSync(`${output}-more`);
  },
  'makes a file without a name': ({ output }) => closeSync(openSync(dirname(output), O_TMPFILE | constants.O_RDWR)),
  'makes a folder': ({ output }) => {
    mkdirSync(`${output}-folder`);
    rmdirSync(`${output}-folder`);
  },
  'renames its output': ({ output }) => {
    renameSync(output, `${output}-renamed`);
    renameSync(`${output}-renamed`, output);
  },
  'removes its output, which it holds open': ({ output }) => {
    openSync(output, constants.O_WRONLY);
    unlinkSync(output);
    closeSync(openSync(output, 'wx'));
  },
  'waits for the disk': ({ output }) => fsyncSync(openSync(output, constants.O_WRONLY)),
  'waits for the disk with each write': ({ output }) =>
    closeSync(openSync(output, constants.O_WRONLY | constants.O_DSYNC)),
  'waits for the disk with one write': ({ output }) => {
    const vector = placed(Buffer.from(BigUint64Array.of(BigInt(placed(Buffer.from('x'))), 1n).buffer));
    return call('pwritev2', openSync(output, constants.O_WRONLY), vector, 1, 0, 0, RWF_DSYNC);
  },
  'waits for a part of a file': ({ output }) =>
    call('sync_file_range', openSync(output, constants.O_WRONLY), 0, 0, SYNC_FILE_RANGE_WRITE),
  'waits for a mapped file': () => call('msync', placed(Buffer.alloc(8)), 4_096, MS_SYNC),
  'waits for the file system': ({ output }) => call('syncfs', openSync(output, constants.O_WRONLY)),
  'waits for all disks': () => call('sync'),
  'attaches a filter to its channel': () => {
    const passAll = placed(Buffer.from([0x06, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f])); // struct sock_filter
    return call(
      'setsockopt',
      0,
      SOL_SOCKET,
      SO_ATTACH_FILTER,
      placed(Buffer.from(BigUint64Array.of(1n, BigInt(passAll)).buffer)),
      16,
    );
  },
  'attaches a BPF program to its channel': () => unlessRefusal(EBADF, () => attach(SO_ATTACH_BPF)),
  'attaches a filter to a group of sockets': () => unlessRefusal(EINVAL, () => attach(SO_ATTACH_REUSEPORT_CBPF)),
  'attaches a BPF program to a group of sockets': () => unlessRefusal(EBADF, () => attach(SO_ATTACH_REUSEPORT_EBPF)),
  'opens the process at the end of its channel': () =>
    call('getsockopt', 0, SOL_SOCKET, SO_PEERPIDFD, placed(Buffer.alloc(4)), placed(Buffer.from([4, 0, 0, 0]))),
  'shuts its channel down': () => call('shutdown', 0, SHUT_WR),
  'connects by TCP': ({ port }) => once(connect(port, '127.0.0.1'), 'connect'),
  'connects to a socket in a folder': ({ socketPath }) => once(connect(socketPath), 'connect'),
  'sends by UDP': async ({ port }) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    createSocket('udp4')
      .on('error', reject)
      .send('x', port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
    await promise;
  },
  'opens an internet socket': () => call('socket', AF_INET, SOCK_STREAM, 0),
  'opens an IPv6 socket': () => call('socket', AF_INET6, SOCK_STREAM, 0),
  'opens a local socket': () => call('socket', AF_UNIX, SOCK_STREAM, 0),
  'opens a netlink socket': () => call('socket', AF_NETLINK, SOCK_RAW, 0),
  'opens a pair of sockets': () => call('socketpair', AF_UNIX, SOCK_STREAM, 0, placed(Buffer.alloc(8))),
  'runs a shell': () => execFileSync('/bin/sh', ['-c', 'exit 0']),
  'runs Node': () => execFileSync(process.execPath, ['--version']),
  forks: () => {
    if (call('clone', SIGCHLD, 0, 0, 0, 0) === 0) call('exit_group', 0);
  },
  'executes a file': () => unlessRefusal(ENOENT, () => call('execve', placed(ABSENT), 0, 0)),
  'executes a descriptor': () => unlessRefusal(ENOENT, () => call('execveat', -1, placed(ABSENT), 0, 0, 0)),
  'makes a file in memory': () => call('memfd_create', placed(Buffer.from('x\0')), 0),
  'sets up io_uring': () => call('io_uring_setup', 4, placed(Buffer.alloc(120))),
  'makes a queue of messages': () => call('msgget', 0, 0o1600),
} as const satisfies Record<string, (attack: Attack) => unknown>;

export const ATTACK_NAMES = Object.keys(ATTACKS) as AttackName[];

const NUMBERS = {
  x64: {
    ...{ clone: 56, execve: 59, execveat: 322, exit_group: 231, io_uring_setup: 425, kill: 62, memfd_create: 319 },
    ...{ mmap: 9, msgget: 68, prlimit64: 302, process_vm_readv: 310, process_vm_writev: 311, ptrace: 101 },
    ...{ socket: 41, socketpair: 53, setsockopt: 54, getsockopt: 55, shutdown: 48, fallocate: 285, msync: 26 },
    ...{ pwritev2: 328, sync: 162, sync_file_range: 277, syncfs: 306 },
  },
  arm64: {
    ...{ clone: 220, execve: 221, execveat: 281, exit_group: 94, io_uring_setup: 425, kill: 129, memfd_create: 279 },
    ...{ mmap: 222, msgget: 186, prlimit64: 261, process_vm_readv: 270, process_vm_writev: 271, ptrace: 117 },
    ...{ socket: 198, socketpair: 199, setsockopt: 208, getsockopt: 209, shutdown: 210, fallocate: 47, msync: 227 },
    ...{ pwritev2: 287, sync: 81, sync_file_range: 84, syncfs: 267 },
  },
} as const;
type Name = keyof (typeof NUMBERS)['x64'];

const [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] = [1, 2, 10, 16];
const [SOCK_STREAM, SOCK_RAW] = [1, 3];
const PTRACE_SEIZE = 0x4206;
const SIGCHLD = 17;
const [SOL_SOCKET, SO_ATTACH_FILTER, SO_ATTACH_BPF, SO_PEERPIDFD] = [1, 26, 50, 77];
const [SO_ATTACH_REUSEPORT_CBPF, SO_ATTACH_REUSEPORT_EBPF] = [51, 52];
const SHUT_WR = 1;
const [FALLOC_FL_KEEP_SIZE, RWF_DSYNC, SYNC_FILE_RANGE_WRITE, MS_SYNC] = [1, 2, 2, 4];
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;
const [ENOENT, EBADF, EINVAL] = [2, 9, 22];
const ABSENT = Buffer.from('/absent\0');

const libc = koffi.load(null);
const syscall = libc.func('syscall', 'int64', ['int64', ...Array.from({ length: 6 }, () => 'int64')]);
const copyTo = libc.func('memcpy', 'size_t', ['size_t', 'void *', 'size_t']);

function call(name: Name, ...values: (number | bigint)[]): number {
  const number = NUMBERS[process.arch === 'arm64' ? 'arm64' : 'x64'][name];
  const result = Number(syscall(number, ...values, ...Array.from({ length: 6 - values.length }, () => 0)));
  if (result < 0) throw new Error(`${name}: errno ${koffi.errno()}`);
  return result;
}

/** Copies bytes to an address that a system call can read. */
function placed(bytes: Buffer): number {
  const at = call('mmap', 0, 4_096, 3, 0x22, -1, 0);
  copyTo(at, bytes, bytes.length);
  return at;
}

function transfer(name: 'process_vm_readv' | 'process_vm_writev', { service, address }: Attack): number {
  const vector = (at: number | bigint) => placed(Buffer.from(BigUint64Array.of(BigInt(at), 8n).buffer));
  return call(name, service, vector(placed(Buffer.from('planted!'))), 1, vector(BigInt(address)), 1, 0);
}

/** The kernel looked at the arguments, so that the call would have been made with better ones. */
function unlessRefusal(errno: number, run: () => number): void {
  try {
    run();
  } catch (error) {
    if (!String(error).endsWith(`errno ${errno}`)) throw error;
  }
}

/** With a descriptor or a program that doesn't exist. */
const attach = (option: number): number => call('setsockopt', 0, SOL_SOCKET, option, placed(Buffer.alloc(4, 0xff)), 4);

if (process.argv[1]?.endsWith('planted-child.fixture.ts'))
  serveJobs<Attack>(async (attack) => {
    await ATTACKS[attack.name](attack);
    return 'had it';
  });
