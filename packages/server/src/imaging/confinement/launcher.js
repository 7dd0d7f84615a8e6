/**
 * Confines this process and becomes a decoder: `node launcher.js PLAN REASONS DECODER...`. What is laid on a process
 * before execve(2) holds for the program that comes after; a running Node could confine one of its threads only
 * (Landlock has no way to reach the others).
 *
 * Plain JavaScript with few imports: it runs at every start of a decoder, and to strip types would take as long as all
 * of it.
 */
import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';

/** @type {import('./plan.ts').Plan} */
const plan = JSON.parse(process.argv[2] ?? '');
/** Why the level isn't a better one. A launcher in a namespace gets those of the launcher outside. */
const reasons = process.argv.slice(3, 4).filter(Boolean);
const decoder = process.argv.slice(4);

/** When memory runs out, the kernel shall end a decoder and never the service (proc_pid_oom_score_adj(5)). */
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {} // a sandbox without it: the kernel chooses as it always did

if (plan.confinement) {
  try {
    await confine(plan.confinement);
  } catch (error) {
    reasons.push(`${plan.confinement.level}: ${error instanceof Error ? error.message : error}`);
  }
}
if (plan.namespaces) {
  const [file = '', ...rest] = plan.namespaces.probe;
  const { status, stderr, error } = spawnSync(file, rest, { encoding: 'utf8', env: {} });
  if (status === 0) replaceBy([...plan.namespaces.run, reasons.join('; '), ...decoder]);
  reasons.push(`namespaces: ${error?.message ?? stderr.trim()}`);
}
if (plan.otherwise !== null) replaceBy([process.execPath, ...decoder, plan.otherwise, reasons.join('; ')]);
console.error(`expected to confine the decoder; ${reasons.join('; ')}`);
process.exit(1);

function replaceBy([file = '', ...rest]) {
  process.execve?.(file, [file, ...rest], plan.environment);
}

/** Ends in the decoder, or throws. */
async function confine({ level, rules, filter, limits, keptCapabilities, ...rest }) {
  const execveFrom = BigInt(rest.execveFrom);
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  const syscall = libc.func('syscall', 'int64', ['int64', ...Array.from({ length: 6 }, () => 'uint64')]);
  const copyTo = libc.func('memcpy', 'size_t', ['size_t', 'void *', 'size_t']);

  const NUMBERS = {
    x64: { openat: 257, mmap: 9, execve: 59, fcntl: 72, prctl: 157, prlimit64: 302, seccomp: 317 },
    arm64: { openat: 56, mmap: 222, execve: 221, fcntl: 25, prctl: 167, prlimit64: 261, seccomp: 277 },
  }[process.arch];
  const NEWER = { close_range: 436, landlock_create_ruleset: 444, landlock_add_rule: 445, landlock_restrict_self: 446 };
  const attempt = (name, ...values) =>
    syscall({ ...NUMBERS, ...NEWER }[name], ...values, ...Array.from({ length: 6 - values.length }, () => 0));
  const call = (name, ...values) => {
    const result = attempt(name, ...values);
    if (result < 0) throw new Error(`${name} failed with errno ${koffi.errno()}`);
    return result;
  };

  /** Anonymous memory, at an address of our choice or any. */
  const map = (bytes, at = 0n) => {
    const [READ_WRITE, PRIVATE_ANONYMOUS, FIXED_NOREPLACE, NO_FILE] = [3, 0x22, 0x100000, 0xffff_ffff_ffff_ffffn];
    const flags = PRIVATE_ANONYMOUS | (at === 0n ? 0 : FIXED_NOREPLACE);
    const start = BigInt(call('mmap', at, bytes, READ_WRITE, flags, NO_FILE));
    if (at !== 0n && start !== at) throw new Error('expected memory at the address chosen; got it elsewhere');
    return start;
  };
  const put = (bytes, at) => {
    copyTo(at, bytes, bytes.length);
    return at;
  };
  let free = map(1_048_576);
  const place = (bytes) => {
    const at = put(bytes, free);
    free += BigInt((bytes.length + 15) & ~15);
    return at;
  };
  const text = (string) => Buffer.from(`${string}\0`);
  const longs = (...values) => place(Buffer.from(BigUint64Array.from(values, BigInt).buffer));
  const strings = (values) => longs(...values.map((value) => place(text(value))), 0);

  const PR = { SET_PDEATHSIG: 1, CAPBSET_DROP: 24, SET_NO_NEW_PRIVS: 38, CAP_AMBIENT: 47 };
  const SIGKILL = 9;
  call('prctl', PR.SET_PDEATHSIG, SIGKILL);
  if (plan.parent !== null && process.ppid !== plan.parent) process.exit(0); // it died before the line above

  const ruleset = rules && createRuleset();
  const page = execveFrom & ~4095n;
  const path = text(process.execPath);
  map(8_192 + path.length, page);
  put(path, execveFrom);
  const argv = strings([process.execPath, ...decoder, level, reasons.join('; ')]);
  const envp = strings(Object.entries(plan.environment).map(([name, value]) => `${name}=${value}`));
  const code = Buffer.from(filter, 'base64');
  const program = longs(code.length / 8, place(code)); // struct sock_fprog
  const [SET_MODE_FILTER, GET_ACTION_AVAIL, RET_ERRNO] = [1, 2, 0x50000];
  call('seccomp', GET_ACTION_AVAIL, 0, longs(RET_ERRNO));

  // From here on nothing can be taken back. Refused is a limit that is lower already.
  for (const [resource, value] of limits) attempt('prlimit64', 0, resource, longs(value, value), 0);
  dropCapabilities();
  call('prctl', PR.SET_NO_NEW_PRIVS, 1);
  if (ruleset !== null) call('landlock_restrict_self', ruleset);
  // Standard streams, by which jobs and answers go, stay open, and nothing else.
  const [CLOEXEC_FLAG, SETFD, KEPT] = [4, 2, 3];
  call('close_range', KEPT, 0xffff_ffff, CLOEXEC_FLAG);
  for (let descriptor = 0; descriptor < KEPT; descriptor++) call('fcntl', descriptor, SETFD, 0);
  call('seccomp', SET_MODE_FILTER, 0, program);
  call('execve', execveFrom, argv, envp);

  function createRuleset() {
    const GET_VERSION = 1;
    const abi = call('landlock_create_ruleset', 0, 0, GET_VERSION);
    const since = (version, bits) => (abi >= version ? bits : 0);
    // Every right that the kernel knows is handled, so that what no rule gives is denied (landlock(7)).
    const handled = 0x1fff | since(2, 1 << 13) | since(3, 1 << 14) | since(5, 1 << 15);
    const attributes = longs(handled, since(4, 0b11), since(6, 0b11));
    const size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    const created = call('landlock_create_ruleset', attributes, size, 0);
    for (const [path, rights] of rules) allow(created, path, rights & handled);
    return created;
  }

  function allow(created, path, rights) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) return;
    const [CURRENT_FOLDER, PATH_ONLY, PATH_BENEATH] = [-100, 0o10000000, 1];
    const OF_A_FILE = 0b1100_0000_0000_0111; // EXECUTE, WRITE_FILE, READ_FILE, TRUNCATE, IOCTL_DEV
    const descriptor = call('openat', CURRENT_FOLDER, place(text(path)), PATH_ONLY);
    const rule = Buffer.alloc(12); // struct landlock_path_beneath_attr
    rule.writeBigUInt64LE(BigInt(stats.isDirectory() ? rights : rights & OF_A_FILE));
    rule.writeInt32LE(Number(descriptor), 8);
    call('landlock_add_rule', created, PATH_BENEATH, place(rule), 0);
  }

  function dropCapabilities() {
    const [CLEAR_ALL, LAST] = [4, 63];
    attempt('prctl', PR.CAP_AMBIENT, CLEAR_ALL);
    // Refused to all but root, who has some; a program that root executes gets what this set leaves.
    for (let capability = 0; capability <= LAST; capability++)
      if (!keptCapabilities.includes(capability)) attempt('prctl', PR.CAPBSET_DROP, capability);
  }
}
