/** What the shell learns. A signal is 128 and its number, as in every shell. */
export const EXIT = {
  ok: 0,
  /** Some of what was asked for failed; the rest is done. */
  someFailed: 1,
  usage: 2,
  /** The credential is missing, refused, or may not do this. */
  notAllowed: 3,
  /** No answer, or one that isn't a Safelight service's. */
  unreachable: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
