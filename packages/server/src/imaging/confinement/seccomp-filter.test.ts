import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seccompFilter } from './seccomp-filter.ts';
import { type Architecture, AUDIT_ARCHITECTURES, numberOf, SYSCALLS, type Syscall } from './syscalls.ts';

const ALLOWED = 'allowed';
const KILLED = 'killed';
const EXECVE_FROM = 0x1234_5678_9abcn;

interface Call {
  readonly number: number;
  readonly values?: readonly (number | bigint)[];
  readonly architecture?: number;
}

/** Interprets the program as the kernel does (linux/filter.h), on one struct seccomp_data. */
function run(program: Buffer, { number, values = [], architecture = AUDIT_ARCHITECTURES.x64 }: Call): string {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(architecture, 4);
  for (const [index, value] of values.entries())
    data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + index * 8);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const [whenTrue, whenFalse] = [program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3)];
    const value = program.readUInt32LE(at * 8 + 4);
    switch (program.readUInt16LE(at * 8)) {
      case 0x20:
        accumulator = data.readUInt32LE(value);
        break;
      case 0x54:
        accumulator = (accumulator & value) >>> 0;
        break;
      case 0x15:
        at += accumulator === value ? whenTrue : whenFalse;
        break;
      case 0x35:
        at += accumulator >= value ? whenTrue : whenFalse;
        break;
      case 0x06:
        if (value === 0x7fff0000) return ALLOWED;
        return value === 0x80000000 ? KILLED : `errno ${value & 0xffff}`;
      default:
        throw new Error('expected an instruction that the filter uses; got another');
    }
  }
}

for (const architecture of ['x64', 'arm64'] as const satisfies Architecture[])
  describe(`the system call filter on ${architecture}`, () => {
    const program = seccompFilter({ architecture, execveFrom: EXECVE_FROM });
    const judge = (name: Syscall, ...values: (number | bigint)[]): string => {
      const number = numberOf(name, architecture);
      assert.ok(number !== null);
      return run(program, { number, values, architecture: AUDIT_ARCHITECTURES[architecture] });
    };
    const ofNumber = (number: number) => run(program, { number, architecture: AUDIT_ARCHITECTURES[architecture] });

    it('fits into the limit of the kernel', () => {
      assert.equal(program.length % 8, 0);
      assert.ok(program.length / 8 <= 4_096);
    });

    it('has unique system call numbers', () => {
      const numbers = (Object.keys(SYSCALLS) as Syscall[]).map((name) => numberOf(name, architecture));
      const known = numbers.filter((number) => number !== null);
      assert.equal(new Set(known).size, known.length);
    });

    it('denies sockets, other processes, programs and descriptors for them', () => {
      const denied = ['socket', 'socketpair', 'connect', 'bind', 'sendmsg', 'ptrace', 'process_vm_readv'] as const;
      const more = ['process_vm_writev', 'memfd_create', 'execveat', 'kill', 'pidfd_getfd', 'bpf', 'unshare'] as const;
      for (const name of [...denied, ...more]) assert.equal(judge(name), 'errno 1', name);
    });

    it('allows threads, but no processes', () => {
      const [THREAD, VM, NEWNET] = [0x10000, 0x100, 0x40000000];
      assert.equal(judge('clone', THREAD | VM), ALLOWED);
      assert.equal(judge('clone', VM), 'errno 1');
      assert.equal(judge('clone', 17), 'errno 1');
      assert.equal(judge('clone', THREAD | NEWNET), 'errno 1');
    });

    it('returns ENOSYS for calls that have an older alternative, and for unknown calls', () => {
      for (const name of ['clone3', 'openat2', 'io_uring_setup'] as const) assert.equal(judge(name), 'errno 38', name);
      for (const number of [451, 600, 0x3fff_ffff]) assert.equal(ofNumber(number), 'errno 38');
    });

    it('allows execve from one address only', () => {
      assert.equal(judge('execve', EXECVE_FROM), ALLOWED);
      for (const address of [0n, EXECVE_FROM + 1n, EXECVE_FROM & 0xffff_ffffn, EXECVE_FROM | (1n << 47n)])
        assert.equal(judge('execve', address), 'errno 1');
    });

    it('allows opening files, but not making them, waiting for the disk, or truncating them while opening for reading', () => {
      const [READ, WRITE, BOTH, TRUNCATE, APPEND] = [0, 1, 2, 0o1000, 0o2000];
      const [CREATE, DSYNC, SYNC, TEMPORARY] = [0o100, 0o10000, 0o4010000, 0o20000000];
      for (const flags of [READ, WRITE, BOTH, WRITE | TRUNCATE, BOTH | TRUNCATE, WRITE | APPEND])
        assert.equal(judge('openat', -100, 0, flags), ALLOWED); // Landlock decides
      for (const flags of [
        READ | TRUNCATE,
        READ | CREATE,
        WRITE | CREATE,
        WRITE | DSYNC,
        BOTH | SYNC,
        BOTH | TEMPORARY,
      ])
        assert.equal(judge('openat', -100, 0, flags), 'errno 1', flags.toString(8));
    });

    it('allows asking what its streams are, but not who is at their other end, and changes nothing of them', () => {
      const [SOCKET, TYPE, PEERCRED, PEERSEC, PEERPIDFD] = [1, 3, 17, 31, 77];
      assert.equal(judge('getsockopt', 0, SOCKET, TYPE), ALLOWED);
      for (const option of [PEERCRED, PEERSEC, PEERPIDFD])
        assert.equal(judge('getsockopt', 0, SOCKET, option), 'errno 1');
      for (const name of ['setsockopt', 'shutdown'] as const) assert.equal(judge(name), 'errno 1', name);
    });

    it('denies making and removing files, space beyond their size, and waiting for the disk', () => {
      const files = ['mkdirat', 'renameat2', 'unlinkat', 'fallocate'] as const;
      const waits = ['sync', 'syncfs', 'sync_file_range', 'fsync', 'fdatasync', 'msync'] as const;
      for (const name of [...files, ...waits]) assert.equal(judge(name), 'errno 1', name);
      assert.equal(judge('pwritev2'), 'errno 38');
    });

    it('allows a process to affect itself, but no other', () => {
      const scheduling = ['sched_setaffinity', 'sched_setattr', 'sched_setparam', 'sched_setscheduler'] as const;
      for (const name of ['prlimit64', ...scheduling] as const) {
        assert.equal(judge(name, 0, 7), ALLOWED, name);
        assert.equal(judge(name, 1, 7), 'errno 1', name);
      }
    });

    it('allows queries to a terminal and a pipe, but no commands', () => {
      const [FIONBIO, TCGETS, TIOCSTI] = [0x5421, 0x5401, 0x5412];
      for (const request of [FIONBIO, TCGETS]) assert.equal(judge('ioctl', 0, request), ALLOWED);
      assert.equal(judge('ioctl', 0, TIOCSTI), 'errno 25');
      assert.equal(judge('fcntl', 0, 1), ALLOWED);
      for (const command of [8, 10, 15, 1024, 1026]) assert.equal(judge('fcntl', 0, command), 'errno 1');
    });

    it('allows a name for a thread, but not to outlive the service, to move its memory, or to choose who may trace it', () => {
      const [PR_SET_NAME, PR_SET_PDEATHSIG, PR_SET_MM, PR_SET_PTRACER] = [15, 1, 35, 0x59616d61];
      assert.equal(judge('prctl', PR_SET_NAME), ALLOWED);
      for (const option of [PR_SET_PDEATHSIG, PR_SET_MM, PR_SET_PTRACER])
        assert.equal(judge('prctl', option), 'errno 1', String(option));
    });

    it('kills a process that uses the call table of another architecture', () => {
      const other = architecture === 'x64' ? 'arm64' : 'x64';
      assert.equal(run(program, { number: 0, architecture: AUDIT_ARCHITECTURES[other] }), KILLED);
      assert.equal(ofNumber(0x4000_0000), KILLED);
    });
  });
