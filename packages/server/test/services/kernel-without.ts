import { fileURLToPath } from 'node:url';
import koffi from 'koffi';

/** The two system calls without which no decoder is confined. */
const CALLS = {
  /** ENOSYS: the kernel was built without Landlock. */
  landlock: { x64: 444, arm64: 444, errno: 38 },
  /** EPERM, by unshare(2), as in a container. */
  namespaces: { x64: 272, arm64: 97, errno: 1 },
} as const;
type Lacking = keyof typeof CALLS;

/** A command prefix: the command and its children find a kernel that lacks these. The command keeps the process id. */
export const kernelWithout = (...lacking: readonly Lacking[]): string[] => [
  process.execPath,
  fileURLToPath(import.meta.url),
  lacking.join(),
];

function lack(names: readonly string[]): void {
  const [LOAD, EQUAL, RETURN, ALLOW, ERRNO] = [0x20, 0x15, 0x06, 0x7fff0000, 0x00050000];
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
  const instruction = (code: number, whenFalse: number, value: number) => {
    const bytes = Buffer.alloc(8); // struct sock_filter
    bytes.writeUInt16LE(code, 0);
    bytes.writeUInt8(whenFalse, 3);
    bytes.writeUInt32LE(value, 4);
    return bytes;
  };
  const program = Buffer.concat([
    instruction(LOAD, 0, 0), // the number of the call
    ...names.flatMap((name) => {
      const { errno, ...numbers } = CALLS[name as Lacking];
      return [instruction(EQUAL, 1, numbers[architecture]), instruction(RETURN, 0, ERRNO | errno)];
    }),
    instruction(RETURN, 0, ALLOW),
  ]);
  const header = Buffer.alloc(16); // struct sock_fprog
  header.writeUInt16LE(program.length / 8, 0);
  header.writeBigUInt64LE(koffi.address(program), 8);

  const [SET_NO_NEW_PRIVS, SET_SECCOMP, MODE_FILTER] = [38, 22, 2];
  const prctl = koffi.load(null).func('prctl', 'int', ['int', 'uint64', 'uint64', 'uint64', 'uint64']);
  if (prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0 || prctl(SET_SECCOMP, MODE_FILTER, koffi.address(header), 0, 0) !== 0)
    throw new Error(`expected a filter of system calls; got errno ${koffi.errno()}`);
}

const [, program, lacking = '', file = '', ...rest] = process.argv;
if (program === fileURLToPath(import.meta.url)) {
  lack(lacking.split(','));
  process.execve?.(file, [file, ...rest], process.env);
}
