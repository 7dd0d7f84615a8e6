import { ACCESS_VARIABLES, CORS_VARIABLES } from './access-variables.ts';
import { AWS_VARIABLES } from './aws-config.ts';
import { BACKUP_VARIABLES } from './backup/backup-variables.ts';
import { POSTGRES_VARIABLES } from './database/postgres-config.ts';
import { DYNAMODB_VARIABLES } from './dynamodb-config.ts';
import { EVENT_VARIABLES } from './events/events-config.ts';
import { FILTER_VARIABLES } from './filter-variables.ts';
import { GATE_VARIABLES } from './gates/gate-variables.ts';
import { IMAGE_VARIABLES } from './image-variables.ts';
import { IMPORT_VARIABLES } from './imports/import-variables.ts';
import { JWT_VARIABLES } from './jwt/jwt-variables.ts';
import { OIDC_VARIABLES } from './jwt/oidc-config.ts';
import { LOG_VARIABLES } from './log-variables.ts';
import { PRESET_VARIABLES } from './presets/preset-config.ts';
import { WATERMARK_VARIABLES } from './presets/watermark-config.ts';
import { DECODER_VARIABLES, DISK_VARIABLES, LOAD_VARIABLES, READINESS_VARIABLES } from './process-variables.ts';
import { PROXY_VARIABLES } from './proxy-config.ts';
import { QUOTA_VARIABLES } from './quotas.ts';
import { RATE_LIMIT_VARIABLES } from './rate-limit-variables.ts';
import { S3_VARIABLES } from './s3-config.ts';
import { SECRET_VARIABLES } from './secret-keys.ts';
import { SQS_VARIABLES } from './sqs-config.ts';
import { TELEMETRY_VARIABLES } from './telemetry/telemetry-variables.ts';
import { TEMPORARY_VARIABLES, UPLOAD_VARIABLES } from './upload-config.ts';

/** All variables. Within each group, docs/configuration.md, .env.example and --help list them in this order. */
export const VARIABLES = {
  ...ACCESS_VARIABLES,
  ...PROXY_VARIABLES,
  ...CORS_VARIABLES,
  ...UPLOAD_VARIABLES,
  ...QUOTA_VARIABLES,
  ...IMAGE_VARIABLES,
  ...FILTER_VARIABLES,
  ...GATE_VARIABLES,
  ...EVENT_VARIABLES,
  ...S3_VARIABLES,
  ...POSTGRES_VARIABLES,
  ...DYNAMODB_VARIABLES,
  ...SQS_VARIABLES,
  ...AWS_VARIABLES,
  ...BACKUP_VARIABLES,
  ...IMPORT_VARIABLES,
  ...PRESET_VARIABLES,
  ...WATERMARK_VARIABLES,
  ...DECODER_VARIABLES,
  ...LOAD_VARIABLES,
  ...READINESS_VARIABLES,
  ...TEMPORARY_VARIABLES,
  ...DISK_VARIABLES,
  ...SECRET_VARIABLES,
  ...JWT_VARIABLES,
  ...OIDC_VARIABLES,
  ...RATE_LIMIT_VARIABLES,
  ...LOG_VARIABLES,
  ...TELEMETRY_VARIABLES,
} as const;
