import { BootstraplessSynthesizer, type IStackSynthesizer, type StackProps } from 'aws-cdk-lib';

/** Templates that need nothing in the account before them: no bootstrap stack, no assets, no report of CDK's use. */
export const stackProps = (): StackProps => ({
  synthesizer: new BootstraplessSynthesizer() as IStackSynthesizer, // its types know no exact optional properties
  analyticsReporting: false,
});
