import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skipWithout } from '../../../../test/servers/installed.ts';

/**
 * In the namespace every address that can be dialled at all leads to the listeners of the test (ip-route(8), `local`).
 */
const SETUP = `set -eu
ip link set lo up
ip route add local 0.0.0.0/0 dev lo
ip -6 route add local ::/0 dev lo
mount --bind "$1" /etc/resolv.conf
shift
exec "$@"`;

const UNSHARE = ['--map-root-user', '--net', '--mount', '/bin/sh', '-c'];

/** The names and addresses that the trusted certificate is for. */
export const CERTIFIED = {
  names: ['public.test', 'mixed.test', 'rebinding.test', 'turning.test', 'many-public.test'],
  addresses: ['93.184.215.14', '2606:4700::1111'],
} as const;

/** The reason to skip, or false. In CI tests fail without a namespace. */
export function withoutNamespace(): string | false {
  const missing = skipWithout('unshare', 'ip', 'mount', 'openssl');
  if (missing !== false || process.env['CI']) return missing;
  const { status, stderr } = spawnSync('unshare', [...UNSHARE, 'ip link set lo up']);
  return status !== 0 && `needs a network namespace: ${stderr}`;
}

export interface InNamespace {
  readonly key: string;
  readonly cert: string;
  readonly untrustedKey: string;
  readonly untrustedCert: string;
}

/** Paths of PEM files, for the process in the namespace; elsewhere undefined. */
export function certificatesInside(): InNamespace | undefined {
  const folder = process.env['OUTBOUND_TEST_FOLDER'];
  return folder === undefined ? undefined : certificatesIn(folder);
}

const certificatesIn = (folder: string): InNamespace => ({
  key: join(folder, 'key.pem'),
  cert: join(folder, 'cert.pem'),
  untrustedKey: join(folder, 'untrusted-key.pem'),
  untrustedCert: join(folder, 'untrusted-cert.pem'),
});

/**
 * Runs a test file in a network namespace, in which it trusts a certificate and asks the DNS at 127.0.0.1. Its
 * environment has proxies, and distrusts verification of TLS.
 */
export function runInNamespace(
  file: string,
  own: Readonly<Record<string, string | undefined>> = {},
): SpawnSyncReturns<string> {
  const folder = mkdtempSync(join(tmpdir(), 'safelight-outbound-'));
  try {
    const { key, cert, untrustedKey, untrustedCert } = certificatesIn(folder);
    makeCertificate(key, cert, [
      ...CERTIFIED.names.map((name) => `DNS:${name}`),
      ...CERTIFIED.addresses.map((address) => `IP:${address}`),
    ]);
    makeCertificate(untrustedKey, untrustedCert, ['DNS:untrusted.test']);
    const resolver = join(folder, 'resolv.conf');
    writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:30 attempts:1\n');
    const { NODE_TEST_CONTEXT: _context, ...environment } = process.env;
    const proxy = 'http://127.0.0.1:8080';
    return spawnSync('unshare', [...UNSHARE, SETUP, 'sh', resolver, process.execPath, '--test-reporter=tap', file], {
      encoding: 'utf8',
      env: {
        ...environment,
        OUTBOUND_TEST_FOLDER: folder,
        NODE_EXTRA_CA_CERTS: cert,
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        NODE_USE_ENV_PROXY: '1',
        ...Object.fromEntries(
          ['http_proxy', 'https_proxy', 'all_proxy'].flatMap((name) => [
            [name, proxy],
            [name.toUpperCase(), proxy],
          ]),
        ),
        ...own,
      },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function makeCertificate(key: string, cert: string, subjects: readonly string[]): void {
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '2'];
  const names = ['-subj', '/CN=outbound test', '-addext', `subjectAltName=${subjects.join()}`];
  const { status, stderr } = spawnSync('openssl', ['req', ...kind, ...names, '-keyout', key, '-out', cert]);
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
}
