import {
  type Architecture,
  AUDIT_ARCHITECTURES,
  NEWEST_SYSCALL,
  numberOf,
  SYSCALLS,
  type Syscall,
} from './syscalls.ts';

export interface FilterOptions {
  readonly architecture: Architecture;
  /**
   * The only address from which a file name may be executed: the launcher puts Node's there. A later program doesn't
   * know it, and would have to try 2^47 addresses.
   */
  readonly execveFrom: bigint;
}

/**
 * A condition on the lower 32 bits of one argument, after a mask: denied if they are `denied`, or aren't `permitted`.
 */
interface Condition {
  readonly argument: number;
  readonly mask?: number;
  readonly denied?: readonly number[];
  readonly permitted?: readonly number[];
}

const EPERM = 1;
const ENOTTY = 25;
const ENOSYS = 38;

const CLONE_THREAD = 0x10000;
/** NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (clone(2)). */
const CLONE_NAMESPACES = 0x7e020000;
/** fcntl.h, the same on both architectures. */
const [O_WRONLY, O_RDWR, O_ACCMODE] = [0o1, 0o2, 0o3];
const [O_CREAT, O_TRUNC, O_DSYNC, O_TMPFILE] = [0o100, 0o1000, 0o10000, 0o20000000];

const OWN_PROCESS: Condition = { argument: 0, permitted: [0] };

/**
 * Existing files, without waiting for the disk. Truncation only to write: Landlock checks it since Linux 6.2; before,
 * opening to read was enough to truncate.
 */
const opensFile = (argument: number): Condition => ({
  argument,
  mask: O_ACCMODE | O_CREAT | O_TRUNC | O_DSYNC | O_TMPFILE,
  permitted: [0, O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC, O_RDWR | O_TRUNC],
});

/** Calls that are denied by an argument only. All others of `SYSCALLS` are always denied. */
const CONDITIONS: { readonly [Name in Syscall]?: Condition } = {
  clone: { argument: 0, mask: CLONE_THREAD | CLONE_NAMESPACES, permitted: [CLONE_THREAD] },
  open: opensFile(1),
  openat: opensFile(2),
  // SO_TYPE, SO_ERROR, SO_PROTOCOL, SO_DOMAIN; SO_PEERPIDFD would be a descriptor of the service
  getsockopt: { argument: 2, permitted: [3, 4, 38, 39] },
  // F_SETOWN, F_SETSIG, F_SETOWN_EX send signals to others; F_SETLEASE and F_NOTIFY make others wait
  fcntl: { argument: 1, denied: [8, 10, 15, 1024, 1026] },
  // TCGETS, TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, TCGETS2
  ioctl: { argument: 1, permitted: [0x5401, 0x540f, 0x5413, 0x541b, 0x5421, 0x5450, 0x5451, 0x802c542a] },
  // PR_SET_PDEATHSIG: a decoder ends with its service; PR_SET_MM, PR_SET_PTRACER
  prctl: { argument: 0, denied: [1, 35, 0x59616d61] },
  prlimit64: OWN_PROCESS,
  sched_setaffinity: OWN_PROCESS,
  sched_setattr: OWN_PROCESS,
  sched_setparam: OWN_PROCESS,
  sched_setscheduler: OWN_PROCESS,
};

/** The C library falls back to another call if the kernel doesn't know these. */
const UNKNOWN: readonly Syscall[] = [
  'clone3',
  'openat2',
  'pwritev2',
  'io_uring_setup',
  'io_uring_enter',
  'io_uring_register',
];

const errnoOf = (name: Syscall): number => {
  if (name === 'ioctl') return ENOTTY;
  return UNKNOWN.includes(name) ? ENOSYS : EPERM;
};

/** linux/bpf_common.h, linux/filter.h. */
const LOAD = 0x20;
const AND = 0x54;
const EQUAL = 0x15;
const AT_LEAST = 0x35;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const fail = (errno: number): number => 0x00050000 | errno;

/** linux/seccomp.h, struct seccomp_data: both architectures are little-endian. */
const NUMBER_AT = 0;
const ARCHITECTURE_AT = 4;
const lowerAt = (argument: number): number => 16 + 8 * argument;
const upperAt = (argument: number): number => lowerAt(argument) + 4;

/** A system call of x86-64's table for 32-bit pointers (x32). */
const X32_BIT = 0x40000000;

interface Instruction {
  readonly code: number;
  readonly whenTrue?: number;
  readonly whenFalse?: number;
  readonly value: number;
}

/**
 * The classic BPF program that denies `SYSCALLS`. It is a deny list, because the calls that Node and two C libraries
 * need change with each of their versions. Calls newer than the list are answered as unknown.
 */
export function seccompFilter({ architecture, execveFrom }: FilterOptions): Buffer {
  const names = Object.keys(SYSCALLS) as Syscall[];
  const program: Instruction[] = [
    { code: LOAD, value: ARCHITECTURE_AT },
    { code: EQUAL, whenTrue: 1, value: AUDIT_ARCHITECTURES[architecture] },
    { code: RETURN, value: KILL },
    { code: LOAD, value: NUMBER_AT },
    { code: AT_LEAST, whenFalse: 1, value: X32_BIT },
    { code: RETURN, value: KILL },
    { code: AT_LEAST, whenFalse: 1, value: NEWEST_SYSCALL + 1 },
    { code: RETURN, value: fail(ENOSYS) },
    ...names.flatMap((name) => {
      const value = numberOf(name, architecture);
      const denial = name === 'execve' ? unlessFrom(execveFrom) : denialOf(name);
      return value === null ? [] : [{ code: EQUAL, whenFalse: denial.length, value }, ...denial];
    }),
    { code: RETURN, value: ALLOW },
  ];
  return encoded(program);
}

function denialOf(name: Syscall): Instruction[] {
  const condition = CONDITIONS[name];
  const refusal = { code: RETURN, value: fail(errnoOf(name)) };
  if (!condition) return [refusal];
  const { argument, mask = 0xffffffff, denied, permitted = [] } = condition;
  const values = denied ?? permitted;
  const permission = { code: RETURN, value: ALLOW };
  return [
    { code: LOAD, value: lowerAt(argument) },
    { code: AND, value: mask },
    // Jumps to the last instruction on a match, else to the one before it.
    ...values.map((value, index) => ({ code: EQUAL, whenTrue: values.length - index, value })),
    ...(denied ? [permission, refusal] : [refusal, permission]),
  ];
}

const unlessFrom = (address: bigint): Instruction[] => [
  { code: LOAD, value: lowerAt(0) },
  { code: EQUAL, whenFalse: 3, value: Number(address & 0xffffffffn) },
  { code: LOAD, value: upperAt(0) },
  { code: EQUAL, whenFalse: 1, value: Number(address >> 32n) },
  { code: RETURN, value: ALLOW },
  { code: RETURN, value: fail(EPERM) },
];

/** linux/filter.h, struct sock_filter. */
function encoded(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, whenTrue = 0, whenFalse = 0, value }] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(whenTrue, index * 8 + 2);
    bytes.writeUInt8(whenFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  }
  return bytes;
}
