import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { NO_CADDY } from '../caching/caddy.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { PATIENT } from '../services/patience.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const GUIDE = await readFile(join(ROOT, 'docs/production.md'), 'utf8');
const UNIT = await readFile(join(ROOT, 'deploy/safelight.service'), 'utf8');

/** The commands of a reader, section by section, and within the text those of a trial. */
const BLOCKS = [...GUIDE.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
const trial = (start: string): string => {
  const command = [...GUIDE.replaceAll(/^```.*?^```$/gms, '').matchAll(/`([^`]+)`/g)]
    .map(([, one = '']) => one)
    .find((one) => one.startsWith(start));
  assert.ok(command, `expected a command ${start}... in docs/production.md`);
  return command;
};

const isRoot = process.getuid?.() === 0;

/** Where things are in the test, by where they are on a machine. */
const PLACES = [
  '/opt/safelight',
  '/var/lib/',
  '/var/backups/',
  '/etc/systemd/',
  '/etc/caddy/',
  '/root/',
  '/tmp/caddy.crt',
];

/**
 * What the commands need of a machine, in a folder: packages and the user are there, the clone is this repository with
 * its packages, and systemd starts what the unit says, as another user if root.
 */
const MACHINE = `
apt-get() { :; }
useradd() { :; }
if [ "$(id -u)" = 0 ]; then AS_SERVICE=(setpriv --reuid="$SERVICE_USER" --regid="$SERVICE_GROUP" --clear-groups env HOME=/nonexistent)
else AS_SERVICE=(env); fi
sudo() { if [ "$1" = -u ]; then shift 2; "\${AS_SERVICE[@]}" "$@"; else "$@"; fi; }
git() {
  case "$1" in
    clone) mkdir -p "$3"; find "$2" -mindepth 1 -maxdepth 1 ! -name .git ! -name .env ! -name data -exec ln -s -t "$3" {} + ;;
  esac
}
npm() { if [ "$1" = ci ]; then :; else command npm "$@"; fi; }
curl() {
  command curl --interface 127.0.0.9 --resolve "images.example.org:$HTTPS_PORT:127.0.0.1" --resolve "images.example.org:$HTTP_PORT:127.0.0.1" "$@"
}
journalctl() { cat "$MACHINE/safelight.log"; }
unit() { sed -n "s/^$1=//p" "$MACHINE/etc/systemd/system/safelight.service"; }
is_running() { [ -e "$MACHINE/$1.pid" ] && kill -0 "$(cat "$MACHINE/$1.pid")" 2> /dev/null; }
begin_caddy() {
  printf '{\nadmin off\nskip_install_trust\nhttp_port %s\nhttps_port %s\n}\n' "$HTTP_PORT" "$HTTPS_PORT" |
    cat - "$MACHINE/etc/caddy/Caddyfile" > "$MACHINE/Caddyfile"
  XDG_DATA_HOME="$MACHINE/var/lib/caddy/.local/share" XDG_CONFIG_HOME="$MACHINE" \
    caddy run --config "$MACHINE/Caddyfile" --adapter caddyfile > "$MACHINE/caddy.log" 2>&1 &
  echo $! > "$MACHINE/caddy.pid"
  until grep -q 'serving initial configuration' "$MACHINE/caddy.log"; do is_running caddy; sleep 0.1; done
}
begin_safelight() {
  install -d -m "$(unit StateDirectoryMode)" -o "$SERVICE_USER" -g "$SERVICE_GROUP" "$MACHINE/var/lib/$(unit StateDirectory)"
  env -C "$(unit WorkingDirectory)" $(unit Environment) $PATIENT PORT="$PORT" "\${AS_SERVICE[@]}" $(unit ExecStart) \
    >> "$MACHINE/safelight.log" 2>&1 &
  echo $! > "$MACHINE/safelight.pid"
}
finish() {
  if is_running "$1"; then
    kill "$(cat "$MACHINE/$1.pid")"
    wait "$(cat "$MACHINE/$1.pid")" || :
  fi
  rm -f "$MACHINE/$1.pid"
}
systemctl() {
  case "$*" in
    daemon-reload) : ;;
    'enable --now safelight' | 'start safelight') begin_safelight ;;
    'restart safelight') finish safelight; begin_safelight ;;
    'stop safelight') finish safelight ;;
    'restart caddy') finish caddy; begin_caddy ;;
    'is-active safelight caddy') is_running safelight && is_running caddy && echo active ;;
    *) echo "expected another call of systemctl; got $*" >&2; return 1 ;;
  esac
}
trap 'set +e; finish safelight; finish caddy' EXIT
`;

/** Runs the commands as one script, which ends at the first failure. */
async function run(commands: string, environment: Record<string, string>) {
  const folder = environment['MACHINE'] ?? '';
  const env = { PATH: process.env['PATH'], HOME: folder, ...environment };
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', commands], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
  return { exitCode: shell.exitCode, stdout, stderr };
}

/** Tries what the document only says, when its commands have run. */
const FURTHER = `
echo "== further"
headers=(-H "Authorization: Bearer $KEY" -H 'X-User-Id: ada')
curl -fsS --retry 60 --retry-delay 1 --retry-all-errors "\${headers[@]}" https://$DOMAIN/images | grep -o '"count":[0-9]*'
id=$(curl -fsS "\${headers[@]}" https://$DOMAIN/images | grep -o '"image_id":"[^"]*"' | head -1 | cut -d '"' -f 4)
curl -fsS "\${headers[@]}" "https://$DOMAIN/images/$id/original" | cmp - photo.jpg && echo same bytes
upload_url=$(curl -fsS "\${headers[@]}" -H 'Content-Type: application/json' -d '{"content_type":"image/jpeg"}' \
  https://$DOMAIN/uploads | grep -o '"upload_url":"[^"]*"' | cut -d '"' -f 4)
cat photo.jpg /dev/zero | head -c 52428800 > largest || :
curl -sS -X PUT -H 'Content-Type: image/jpeg' --data-binary @largest "$upload_url" | grep -o 'unreadable-image' # the service read it all
grep -q '"path":"/images",.*"client_address":"127.0.0.9"' "$MACHINE/safelight.log" && echo client known
`;

describe('docs/production.md', () => {
  it('has commands that lead from a clone to a closed service, to its backup, and back', {
    skip: NO_CADDY,
  }, async () => {
    await using folder = await temporaryFolder();
    const machine = folder.path;
    await chmod(machine, 0o755);
    for (const path of ['etc/caddy', 'etc/systemd/system', 'var/lib', 'var/backups', 'root', 'opt', 'tmp'])
      await mkdir(join(machine, path), { recursive: true });
    await writeFile(join(machine, 'photo.jpg'), await testImage({ type: 'image/jpeg', width: 640, height: 480 }));
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()];
    const [port = '', httpPort = '', httpsPort = '', metricsPort = ''] = ports.map(String);
    const owner = isRoot ? 'nobody' : userInfo().username;
    const { stdout: group } = isRoot ? { stdout: 'nogroup' } : await promisify(execFile)('id', ['-gn']);

    const there = (commands: string): string =>
      PLACES.reduce((moved, path) => moved.replaceAll(path, `${machine}${path}`), commands)
        .replaceAll('https://$DOMAIN', `https://$DOMAIN:${httpsPort}`)
        .replaceAll('http://$DOMAIN', `http://$DOMAIN:${httpPort}`)
        .replaceAll('127.0.0.1:8000', `127.0.0.1:${port}`)
        .replaceAll('9464', metricsPort)
        .replaceAll('safelight:safelight', `${owner}:${group.trim()}`)
        .replaceAll('-o safelight', `-o ${owner}`)
        .replaceAll('-g safelight', `-g ${group.trim()}`)
        .replace('git clone REPOSITORY', `git clone ${ROOT}`);
    const start = BLOCKS.findIndex((block) => block.includes('daemon-reload'));
    const files = `
sed -i 's#/opt/safelight#${machine}/opt/safelight#' $MACHINE/etc/systemd/system/safelight.service
sed -i 's#/var/lib/safelight#${machine}/var/lib/safelight#; s#//images.example.org$#&:${httpsPort}#' $MACHINE/opt/safelight/.env
sed -i 's#127.0.0.1:8000#127.0.0.1:${port}#' $MACHINE/etc/caddy/Caddyfile
`;
    const commands = [
      MACHINE,
      ...BLOCKS.slice(0, start).map(there),
      files,
      there(trial('sudo sed')),
      there(BLOCKS[start] ?? ''),
      there(trial('sudo cat')),
      there(trial('export CURL_CA_BUNDLE')),
      `cp ${machine}/photo.jpg .`,
      ...BLOCKS.slice(start + 1).map(there),
      `cd ${machine}`,
      there(FURTHER),
    ];
    const environment = {
      MACHINE: machine,
      PORT: port,
      HTTP_PORT: httpPort,
      HTTPS_PORT: httpsPort,
      SERVICE_USER: owner,
      SERVICE_GROUP: group.trim(),
      PATIENT: Object.entries(PATIENT)
        .map((one) => one.join('='))
        .join(' '),
    };
    const { exitCode, stdout, stderr } = await run(commands.join('\n'), environment);
    const log = await readFile(join(machine, 'safelight.log'), 'utf8').catch(() => '');
    assert.equal(exitCode, 0, `${stdout}\n${stderr.slice(-3_000)}\n${log.slice(-3_000)}`);
    assert.match(stdout, /^\{"status":"ok"\}/m);
    assert.match(stdout, /401$/m);
    assert.match(stdout, /^308 https:\/\/images\.example\.org\/images$/m); // of the port that clients see
    assert.match(stdout, /"count":2[,}]/);
    assert.match(stdout, /"name":"ada-laptop"/);
    assert.match(stdout, /^The backup can be restored: 2 images were read back /m);
    assert.match(stdout, /^The secret of the service was restored: /m);
    assert.match(stdout, /active$/m);
    assert.match(stdout, /^safelight_build/m);
    assert.match(stdout, /"version":"\d+\.\d+\.\d+"$/m);
    const [, further = ''] = stdout.split('== further\n');
    assert.deepEqual(further.trim().split('\n'), ['"count":2', 'same bytes', 'unreadable-image', 'client known']);
  });
});

describe('deploy/safelight.service', () => {
  it('starts the service as npm does', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: { start: string };
    };
    assert.equal(/^ExecStart=\/usr\/bin\/env (.*)$/m.exec(UNIT)?.[1], scripts.start);
  });

  it('keeps data where deploy/env/one-machine.env says', async () => {
    const settings = await readFile(join(ROOT, 'deploy/env/one-machine.env'), 'utf8');
    assert.equal(/^DATA_DIR=(.*)$/m.exec(settings)?.[1], `/var/lib/${/^StateDirectory=(.*)$/m.exec(UNIT)?.[1]}`);
  });
});
