import { namesAfter } from '../../deploy/aws/names.ts';
import type { TemplateName } from '../../deploy/aws/templates.ts';
import type { ZipOfFunction } from '../functions/zips.ts';

/** A part of the plan: what it is for, and its commands for bash. */
export interface Step {
  readonly title: string;
  /** What must be known before it is run. */
  readonly notes: readonly string[];
  readonly commands: readonly string[];
}

export const stacksOf = (stage: string) => ({
  data: `safelight-${stage}-data`,
  service: `safelight-${stage}-service`,
  backup: `safelight-${stage}-backup`,
});

export const command = (program: string, args: readonly string[]): string => [program, ...args].join(' \\\n  ');

/** A request takes a template of 51,200 bytes, a bucket one of a megabyte. The plan has the variable. */
const THROUGH_BUCKET = `--s3-bucket "${namesAfter('$BUCKET').codeBucket}" --s3-prefix templates`;

/** Creates or updates a stack. Parameters that aren't named keep their values. */
export const deploy = (stack: string, template: TemplateName, parameters: readonly string[]): string =>
  command('aws cloudformation deploy', [
    `--stack-name ${stack}`,
    `--template-file deploy/aws/${template}.template.json`,
    ...(template === 'data' ? [] : ['--capabilities CAPABILITY_IAM']),
    ...(template === 'service' ? [THROUGH_BUCKET] : []),
    '--no-fail-on-empty-changeset',
    ...(parameters.length > 0 ? [`--parameter-overrides ${parameters.join(' \\\n    ')}`] : []),
  ]);

export const output = (stack: string, name: string): string =>
  `aws cloudformation describe-stacks --stack-name ${stack} --query "Stacks[0].Outputs[?OutputKey=='${name}'].OutputValue" --output text`;

export const putCode = (zips: readonly ZipOfFunction[], codeBucket: string): string[] =>
  zips.map((zip) =>
    command('aws s3api put-object', [
      `--bucket "${codeBucket}"`,
      `--key ${zip.key}`,
      `--body dist/lambda/${zip.file}`,
      '--checksum-algorithm SHA256',
    ]),
  );

/** What backups run: the committed files of the clone. */
export const putSource = (codeBucket: string): string[] => [
  'COMMIT=$(git rev-parse --short=16 HEAD)',
  'git archive --format=zip --output dist/source.zip HEAD',
  command('aws s3api put-object', [
    `--bucket "${codeBucket}"`,
    '--key "safelight/source-$COMMIT.zip"',
    '--body dist/source.zip',
    '--checksum-algorithm SHA256',
  ]),
];
export const SOURCE_PARAMETER = 'SourceKey="safelight/source-$COMMIT.zip"';

const PARAMETER_OF = { http: 'HttpCodeKey', worker: 'WorkerCodeKey' } as const;

/** The parameters of the service's stack that name the code. */
export const codeParameters = (zips: readonly ZipOfFunction[]): string[] => [
  ...zips.map((zip) => `${PARAMETER_OF[zip.function]}=${zip.key}`),
  `Architecture=${zips[0]?.architecture}`,
];

/** As text for bash: comments and commands. */
export const planText = (steps: readonly Step[]): string =>
  steps
    .map(({ title, notes, commands }, at) =>
      [`# ${at + 1}. ${title}.`, ...notes.map((note) => `# ${note}`), ...commands].join('\n'),
    )
    .join('\n\n');
