/** The groups of variables, in the order of docs/configuration.md, .env.example and --help. */
export const VARIABLE_GROUPS = {
  start: {
    title: 'Start here',
    about: 'Where the service listens and keeps its data, and who may use it.',
  },
  callers: {
    title: 'Callers',
    about: "Proxies, host names, signatures, and an issuer's tokens and sign-in.",
  },
  limits: {
    title: 'Limits',
    about: 'How large, how many, how often, and for how long.',
  },
  gates: {
    title: 'Gates',
    about: 'Who must look at an image before it is ready: docs/gates.md.',
  },
  events: {
    title: 'Events',
    about: 'A log of what becomes of images, and who receives it: docs/events.md.',
  },
  s3: {
    title: 'S3',
    about: 'Images in a bucket. The region and the access key are also those of the table and the queue.',
  },
  postgres: {
    title: 'PostgreSQL',
    about: 'Records and jobs in PostgreSQL, for any number of processes.',
  },
  aws: {
    title: 'AWS',
    about: 'Records in DynamoDB and jobs in SQS, for any number of processes or for Lambda.',
  },
  backup: {
    title: 'Backups',
    about: 'A bucket that backups go to: docs/backup.md. A folder needs none of these.',
  },
  import: {
    title: 'Imports',
    about: 'A bucket or an earlier service that images come from: docs/import.md. A folder needs none of these.',
  },
  telemetry: {
    title: 'Metrics and traces',
    about: 'What the service tells Prometheus or an OpenTelemetry receiver: docs/metrics.md.',
  },
  expert: {
    title: 'Expert',
    about: 'Renditions, decoders, load and logs. The defaults suit most services.',
  },
} as const;

export type VariableGroup = keyof typeof VARIABLE_GROUPS;
