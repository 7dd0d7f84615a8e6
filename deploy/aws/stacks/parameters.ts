import { CfnCondition, CfnParameter, type CfnParameterProps, Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ARNS, BUCKET_NAME, MAX_LENGTHS, ORIGINS, PUBLIC_ORIGIN } from '../names.ts';

/** A parameter's value, as a reference to it. */
export const parameter = (scope: Construct, id: string, props: CfnParameterProps): string =>
  new CfnParameter(scope, id, { type: 'String', ...props }).valueAsString;

export const numberParameter = (scope: Construct, id: string, props: CfnParameterProps): number =>
  new CfnParameter(scope, id, { type: 'Number', ...props }).valueAsNumber;

export const bucketName = (scope: Construct): string =>
  parameter(scope, 'BucketName', {
    description: 'The bucket for images. Table, queue and functions are named after it. The same in all stacks.',
    allowedPattern: `^${BUCKET_NAME}$`,
    constraintDescription: '3 to 58 small letters, digits and hyphens: bucket names are unique in all of AWS',
  });

export const publicUrl = (scope: Construct): string =>
  parameter(scope, 'PublicUrl', {
    description: 'Where clients reach the service, such as https://images.example.org. The same in all stacks.',
    allowedPattern: `^${PUBLIC_ORIGIN}$`,
    constraintDescription: 'https:// and a host in small letters, without a port, a path or a slash at the end',
  });

export const corsOrigins = (scope: Construct): string =>
  parameter(scope, 'CorsOrigins', {
    description:
      'Further origins whose pages may use the service and its bucket, such as https://app.example.org, separated by commas. The same in all stacks.',
    default: '',
    maxLength: MAX_LENGTHS.corsOrigins,
    allowedPattern: `^(?:${ORIGINS})?$`,
    constraintDescription: 'origins as https://app.example.org, separated by commas without spaces',
  });

export const kmsKeyArn = (scope: Construct): string =>
  parameter(scope, 'KmsKeyArn', {
    description:
      'A KMS key of yours for bucket and queue, whose policy admits S3. Empty: keys of S3 and SQS. The same in all stacks.',
    default: '',
    allowedPattern: `^(?:${ARNS.key})?$`,
    constraintDescription: 'the ARN of a key (not of an alias), or nothing',
  });

/** Whether a parameter was given, by the id of the condition. */
export function isGiven(scope: Construct, id: string, value: string): string {
  const stack = Stack.of(scope);
  const known = stack.node.tryFindChild(id) as CfnCondition | undefined;
  return (known ?? new CfnCondition(stack, id, { expression: Fn.conditionNot(Fn.conditionEquals(value, '')) }))
    .logicalId;
}
