const GROUPS = 8;

/** The IPv4 address, or the first 64 bits of an IPv6 address: one host may use any address below them (RFC 4291 2.5.4). */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!address.includes(':')) return address;
  const [before = '', after = ''] = (address.split('%', 1)[0] ?? '').toLowerCase().split('::');
  const [left, right] = [before, after].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = GROUPS - (left?.length ?? 0) - (right?.length ?? 0);
  const groups = [...(left ?? []), ...Array.from({ length: Math.max(zeros, 0) }, () => '0'), ...(right ?? [])];
  return `${groups.slice(0, GROUPS / 2).join(':')}::/64`;
}
