import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BackupStack } from './stacks/backup-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { ServiceStack } from './stacks/service-stack.ts';

/** All stacks, checked by cdk-nag. `outdir`: for the cloud assembly. */
export function createApp(outdir: string): App {
  const app = new App({ outdir, context: { 'aws:cdk:enable-path-metadata': false }, treeMetadata: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  new DataStack(app, 'data');
  new ServiceStack(app, 'service');
  new BackupStack(app, 'backup');
  return app;
}
