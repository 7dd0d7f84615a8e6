import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { parseSync } from 'oxc-parser';
import { ACROSS, ADAPTERS, KNOW_ADAPTERS, PACKAGE_OF, PINNED, WINGS, ZONES, type Zone } from './import-table.ts';

const SRC = join(import.meta.dirname, '../src');
const REPOSITORY = join(import.meta.dirname, '../../..');

interface Import {
  readonly from: string;
  readonly to: string;
}

const isExempt = (file: string): boolean => /\.(test|contract|fixture)\.ts$/.test(file);

const FILES = globSync('**/*.{ts,js}', { cwd: SRC }).filter((file) => !isExempt(file));

function importsOf(file: string): Import[] {
  const { module, errors } = parseSync(file, readFileSync(join(SRC, file), 'utf8'));
  assert.deepEqual(errors, [], `${file} parses`);
  const source = readFileSync(join(SRC, file), 'utf8');
  const specifiers = [
    ...module.staticImports.map((one) => one.moduleRequest.value),
    ...module.staticExports.flatMap((one) => one.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map((one) => {
      const text = source.slice(one.moduleRequest.start, one.moduleRequest.end);
      assert.match(text, /^'[^']+'$/, `${file}: an import() names its module literally, so that it can be checked`);
      return text.slice(1, -1);
    }),
  ];
  return specifiers.map((specifier) => ({
    from: file,
    to: specifier.startsWith('.') ? relative(SRC, join(SRC, dirname(file), specifier)) : specifier,
  }));
}

const isWithin = (path: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => (prefix.endsWith('/') ? path.startsWith(prefix) : path === prefix));

const zoneOf = (file: string): Zone | undefined => ZONES.find((zone) => isWithin(file, zone.at));

const isPackage = (to: string, names: readonly string[]): boolean =>
  names.some((name) => to === name || to.startsWith(name.endsWith('/') ? name : `${name}/`));

/** The innermost folder of an adapter that holds a file. */
const adapterOf = (path: string): string | undefined =>
  dirname(path)
    .split('/')
    .findLast((part) => ADAPTERS.includes(part));

function isForeignAdapter({ from, to }: Import): boolean {
  const adapter = adapterOf(to);
  return (
    adapter !== undefined &&
    adapter !== adapterOf(from) &&
    !isWithin(from, KNOW_ADAPTERS) &&
    !ACROSS.some((meant) => isWithin(from, [meant.from]) && isWithin(to, [meant.to]))
  );
}

/** Why an import is forbidden; undefined if it is allowed. */
function violation({ from, to }: Import): string | undefined {
  const zone = zoneOf(from);
  if (!zone) return `${from} belongs to no zone`;
  const pin = PINNED.find(({ name }) => to === name);
  if (pin && !pin.only.some((prefix) => from.startsWith(prefix)))
    return `${from} imports ${to}, which only ${pin.only.join(', ')} may`;

  if (isForeignAdapter({ from, to })) return `${from} imports ${to}, of an adapter that isn't its own`;
  const home = Object.entries(PACKAGE_OF).find(([name]) => isPackage(to, [name]))?.[1];
  if (home !== undefined && !dirname(from).split('/').includes(home) && !from.startsWith('admin/provision/'))
    return `${from} imports ${to}, which only ${home}/ may`;

  const isBuiltin = to.startsWith('node:') || builtinModules.includes(to);
  const isOwn = isWithin(to, zone.at);
  const isManifest = to === '../package.json';
  const isAllowed = isBuiltin
    ? zone.builtins === 'all' || (zone.builtins ?? []).includes(to)
    : isOwn || isManifest || isWithin(to, zone.may) || isPackage(to, zone.packages ?? []);
  return isAllowed ? undefined : `${from} imports ${to}`;
}

/** Each circle of imports, as a path that ends where it begins. */
function cyclesIn(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    else if (!done.has(file)) for (const to of imports.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return cycles;
}

describe('the import table', () => {
  it('holds for every file', () => {
    assert.ok(FILES.length > 40, `${FILES.length} files found`);
    assert.deepEqual(
      FILES.flatMap(importsOf).flatMap((one) => violation(one) ?? []),
      [],
    );
  });

  it('detects a violation', () => {
    const broken: Import[] = [
      { from: 'operations/images/delete-image.ts', to: 'object-store/disk/disk.ts' },
      { from: 'operations/images/delete-image.ts', to: 'sharp' },
      { from: 'http/app.ts', to: 'records/images/sqlite/sqlite.ts' },
      { from: 'http/app.ts', to: 'sharp' },
      { from: 'callers/authenticator/credential.ts', to: 'jose' },
      { from: 'run/config/config.ts', to: 'callers/authenticator/jwt/jwt.ts' },
      { from: 'http/steps/forwarding.ts', to: 'ipaddr.js' },
      { from: 'callers/authenticator/jwt/http-document.ts', to: 'undici' },
      { from: 'outbound/outbound.ts', to: 'run/config/config.ts' },
      { from: 'http/problem.ts', to: 'http/route.ts' },
      { from: 'http/route.ts', to: 'http/app-services.ts' },
      { from: 'http/route.ts', to: 'http/bodies/large-json.ts' },
      { from: 'http/request/fields.ts', to: 'http/bodies/refused-type.ts' },
      { from: 'http/request/query.ts', to: 'operations/images/find-images.ts' },
      { from: 'http/bodies/request-body.ts', to: 'http/answers/answer.ts' },
      { from: 'http/answers/original-answer.ts', to: 'http/images/image-view.ts' },
      { from: 'http/answers/answer.ts', to: 'http/steps/cors.ts' },
      { from: 'http/steps/body-places.ts', to: 'http/admission/request-rates.ts' },
      { from: 'http/admission/access.ts', to: 'http/uploads/upload-fields.ts' },
      { from: 'http/images/images.ts', to: 'http/uploads/upload-json.ts' },
      { from: 'http/renditions/renditions.ts', to: 'http/images/images.openapi.ts' },
      { from: 'http/renditions/renditions.ts', to: 'http/images/image-answer.ts' },
      { from: 'http/links/link-answer.ts', to: 'http/renditions/renditions.ts' },
      { from: 'http/service/service.ts', to: 'http/pages/gallery-page.ts' },
      { from: 'http/uploads/uploads.ts', to: 'http/compatibility/compatibility.ts' },
      { from: 'http/compatibility/compatibility.ts', to: 'http/links/links.ts' },
      { from: 'http/contract/openapi.ts', to: 'http/keys/key-schemas.ts' },
      { from: 'http/exchange.ts', to: 'http/app.ts' },
      { from: 'http/images/images.ts', to: 'http/app-services.ts' },
      { from: 'admin/commands/keys.ts', to: 'http/request/query.ts' },
      { from: 'bin/serve.ts', to: 'http/keys/key-schemas.ts' },
      { from: 'domain/image/image.ts', to: 'node:fs' },
      { from: 'domain/image/image.ts', to: 'services.ts' },
      { from: 'run/compose/compose.ts', to: 'operations/images/delete-image.ts' },
      { from: 'bin/serve.ts', to: 'object-store/disk/disk.ts' },
      { from: 'bin/serve.ts', to: 'run/compose/stores.ts' },
      { from: 'admin/provision/bucket/cors.ts', to: 'object-store/s3/s3.ts' },
      { from: 'admin/provision/table/backfill.ts', to: 'records/images/dynamodb/lists/find.ts' },
      { from: 'admin/provision/queue/events.ts', to: 'jobs/sqs/sqs.ts' },
      { from: 'run/compose/compose.ts', to: 'admin/provision/bucket/provision-bucket.ts' },
      { from: 'object-store/disk/disk.ts', to: 'node:sqlite' },
      { from: 'object-store/disk/disk.ts', to: '@aws-sdk/client-s3' },
      { from: 'records/images/sqlite/sqlite.ts', to: '@aws-sdk/client-dynamodb' },
      { from: 'jobs/no-queue.ts', to: '@aws-sdk/client-sqs' },
      { from: 'records/images/dynamodb/lists/find.ts', to: 'records/sqlite/database.ts' },
      { from: 'object-store/object-store.ts', to: 'object-store/disk/disk.ts' },
      { from: 'jobs/job-queue.ts', to: 'jobs/sqlite/sqlite.ts' },
      { from: 'operations/images/delete-image.ts', to: 'jobs/sqlite/sqlite.ts' },
      { from: 'operations/upkeep/sweep.ts', to: 'records/coordination/sqlite/sqlite.ts' },
      { from: 'records/usage/dynamodb/recount.ts', to: 'records/coordination/dynamodb/dynamodb.ts' },
      { from: 'operations/keys/create-key.ts', to: 'records/keys/sqlite/sqlite.ts' },
      { from: 'records/keys/dynamodb/dynamodb.ts', to: 'records/images/dynamodb/lists/find.ts' },
      { from: 'callers/authenticator/api-key.ts', to: 'records/keys/sqlite/sqlite.ts' },
      { from: 'services.ts', to: 'jobs/sqlite/sqlite.ts' },
      { from: 'domain/image/image.ts', to: 'observe/observer/observer.ts' },
      { from: 'operations/images/delete-image.ts', to: 'observe/observer/guarded.ts' },
      { from: 'observe/observer/observer.ts', to: 'logger.ts' },
      { from: 'run/lambda/http.ts', to: 'run/process/compose-process.ts' },
      { from: 'run/lambda/compose-function.ts', to: 'operations/checks/check-originals.ts' }, // a start for each burst of requests
      { from: 'run/lambda/worker.ts', to: 'jobs/sqs/sqs.ts' },
      { from: 'run/lambda/compose-function.ts', to: 'observe/telemetry/telemetry.ts' },
      { from: 'observe/telemetry/emf/emf.ts', to: '@opentelemetry/api' },
      { from: 'records/archive/record-json.ts', to: 'records/archive/sqlite/sqlite.ts' },
      { from: 'records/archive/dynamodb/dynamodb.ts', to: 'records/images/dynamodb/lists/find.ts' },
      { from: 'records/archive/sqlite/sqlite.ts', to: '@aws-sdk/client-dynamodb' },
      { from: 'stray.ts', to: 'node:fs' },
    ];
    assert.deepEqual(
      broken.filter((one) => violation(one) === undefined),
      [],
    );
  });

  it('has wings that import only those below them', () => {
    const wingOf = (path: string): number => WINGS.indexOf(path.split('/')[0] ?? '');
    const imports = FILES.flatMap(importsOf).filter(({ to }) => wingOf(to) !== -1);
    assert.deepEqual(
      FILES.filter((file) => wingOf(file) === -1),
      [],
    );
    assert.deepEqual(
      imports.filter(({ from, to }) => wingOf(to) > wingOf(from)),
      [],
    );
    const arrows = new Set(
      imports.map(({ from, to }) => `${wingOf(from)} ${wingOf(to)}`).filter((one) => new Set(one.split(' ')).size > 1),
    );
    assert.ok(arrows.size <= 110, `${arrows.size} arrows between ${WINGS.length} wings`);
  });

  it('keeps S3 and the shared parts of both stores apart from the disk store', () => {
    const shared = ['s3/', 'signing/', 'staging/'].map((folder) => `object-store/${folder}`);
    const crossing = FILES.filter((file) => shared.some((start) => file.startsWith(start)))
      .flatMap(importsOf)
      .filter(({ to }) => to.startsWith('object-store/disk/'));
    assert.deepEqual(crossing, []);
  });

  it('lets only the archive and imports scan a table', () => {
    const scanners = FILES.filter((file) => {
      const { module } = parseSync(file, readFileSync(join(SRC, file), 'utf8'));
      return module.staticImports
        .flatMap(({ entries }) => entries)
        .some(({ importName: { name } }) => name === 'ScanCommand' || name === 'paginateScan');
    });
    assert.deepEqual(scanners.toSorted(), [
      'admin/imports/sources/dynamodb/source-table.ts',
      'records/archive/dynamodb/scan.ts',
    ]);
    const whole = FILES.filter((file) => /\bnew DynamoDB\(/.test(readFileSync(join(SRC, file), 'utf8')));
    assert.deepEqual(whole, [], "expected clients without the SDK's `scan` method");
  });

  it('has no cycles', () => {
    assert.deepEqual(cyclesIn(new Map(FILES.map((file) => [file, importsOf(file).map(({ to }) => to)]))), []);
  });

  it('has no cycles outside of the service, types included', () => {
    const isLeftOut = (path: string): boolean =>
      ['node_modules', 'dist', 'data', '.git'].includes(basename(path)) || path === 'packages/server/src';
    const files = globSync('**/*.{ts,tsx,js}', { cwd: REPOSITORY, exclude: isLeftOut });
    assert.ok(files.length > 800, `${files.length} files found`);
    const importedBy = (file: string): string[] => {
      const { module } = parseSync(file, readFileSync(join(REPOSITORY, file), 'utf8'));
      return [
        ...module.staticImports.map((one) => one.moduleRequest.value),
        ...module.staticExports.flatMap((one) => one.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
      ].flatMap((to) => (to.startsWith('.') ? [join(dirname(file), to)] : []));
    };
    assert.deepEqual(cyclesIn(new Map(files.map((file) => [file, importedBy(file)]))), []);
  });

  it('lets the gallery import nothing of the service but its client', () => {
    const web = join(SRC, '../../web/src');
    const sources = globSync('**/*.{ts,tsx}', { cwd: web }).filter((file) => !isExempt(file));
    assert.ok(sources.length > 20, `${sources.length} files found`);
    const foreign = sources.flatMap((file) => {
      const { module } = parseSync(file, readFileSync(join(web, file), 'utf8'));
      return module.staticImports
        .map((one) => one.moduleRequest.value)
        .filter((to) =>
          to.startsWith('.')
            ? relative(web, join(web, dirname(file), to)).startsWith('..')
            : /^(?:node:|@safelight\/(?!client$))/.test(to),
        )
        .map((to) => `${file} imports ${to}`);
    });
    assert.deepEqual(foreign, []);
  });

  it('lets no command of the CLI import the program, which lists them', () => {
    const cli = join(SRC, '../../cli/src');
    const commands = globSync('commands/**/*.ts', { cwd: cli }).filter((file) => !isExempt(file));
    assert.ok(commands.length > 10, `${commands.length} files found`);
    const importers = commands.filter((file) => readFileSync(join(cli, file), 'utf8').includes("/program.ts'"));
    assert.deepEqual(importers, []);
  });

  it('limits process.env to the binaries', () => {
    const readers = FILES.filter((file) => /\bprocess\.env\b/.test(readFileSync(join(SRC, file), 'utf8')));
    assert.deepEqual(
      readers.filter((file) => !/^(?:bin|run\/process|run\/lambda)\//.test(file)).toSorted(),
      // libuv and OpenTelemetry's packages read these variables themselves.
      ['admin/commands/run-command.ts', 'observe/telemetry/receiver-agent.ts', 'outbound/process-names.ts'],
    );
  });
});

describe('the folders', () => {
  it('have at most 25 source files on one level', () => {
    const sources = globSync('**/*.*', { cwd: SRC }).filter((file) => !isExempt(file));
    const crowded = [...Map.groupBy(sources, dirname)].filter(([, files]) => files.length > 25);
    assert.deepEqual(
      crowded.map(([folder, files]) => `${folder}: ${files.length}`),
      [],
    );
  });
});
