import { Aws, Fn, type Stack } from 'aws-cdk-lib';
import { CfnCachePolicy, CfnDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { ORIGIN_SECRET_HEADER } from '../../../packages/server/src/domain/access/origin-secret.ts';
import { acknowledge } from './acknowledge.ts';
import { isGiven } from './parameters.ts';

/** Policies that every account has ("Use managed cache policies", "Use managed origin request policies"). */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
/** All but Host, by which API Gateway finds the API. */
const ALL_VIEWER_EXCEPT_HOST_HEADER = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

/** docs/caching.md: what shared caches may keep. */
export const CACHED_PATHS = ['/images/*/renditions/*', '/images/*/render', '/images/*/links/*'];

const ORIGIN = 'api';
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'];
const DAY_SECONDS = 86_400;

export interface DistributionOptions {
  readonly originDomain: string;
  readonly originSecret: string;
  readonly publicUrl: string;
  readonly certificateArn: string;
  readonly webAclArn: string;
}

/** The only way to the service that it answers. */
export function createDistribution(stack: Stack, options: DistributionOptions): CfnDistribution {
  const hasCertificate = isGiven(stack, 'HasCertificate', options.certificateArn);
  const hasWebAcl = isGiven(stack, 'HasWebAcl', options.webAclArn);
  const withCertificate = (value: unknown, otherwise: unknown = Aws.NO_VALUE) =>
    Fn.conditionIf(hasCertificate, value, otherwise);
  const pictures = new CfnCachePolicy(stack, 'Pictures', {
    cachePolicyConfig: {
      name: `${Aws.STACK_NAME}-${Aws.REGION}-pictures`, // unique in the account, for all regions
      comment: 'Safelight: Accept and Origin change pictures; the query has parameters and signature',
      minTtl: 0,
      defaultTtl: 0,
      maxTtl: DAY_SECONDS,
      parametersInCacheKeyAndForwardedToOrigin: {
        queryStringsConfig: { queryStringBehavior: 'all' },
        headersConfig: { headerBehavior: 'whitelist', headers: ['Accept', 'Origin'] },
        cookiesConfig: { cookieBehavior: 'none' },
        enableAcceptEncodingGzip: false,
        enableAcceptEncodingBrotli: false,
      },
    },
  });
  const behavior = {
    targetOriginId: ORIGIN,
    viewerProtocolPolicy: 'https-only',
    allowedMethods: METHODS,
    originRequestPolicyId: ALL_VIEWER_EXCEPT_HOST_HEADER,
    compress: false,
  };
  const distribution = new CfnDistribution(stack, 'Distribution', {
    distributionConfig: {
      enabled: true,
      comment: `Safelight: ${Aws.STACK_NAME}`,
      httpVersion: 'http2and3',
      ipv6Enabled: true,
      aliases: withCertificate([Fn.select(2, Fn.split('/', options.publicUrl))]) as never,
      viewerCertificate: {
        acmCertificateArn: withCertificate(options.certificateArn).toString(),
        sslSupportMethod: withCertificate('sni-only').toString(),
        minimumProtocolVersion: withCertificate('TLSv1.2_2021').toString(),
        cloudFrontDefaultCertificate: withCertificate(Aws.NO_VALUE, true),
      },
      webAclId: Fn.conditionIf(hasWebAcl, options.webAclArn, Aws.NO_VALUE).toString(),
      cacheTagConfig: { headerName: 'Cache-Tag' },
      origins: [
        {
          id: ORIGIN,
          domainName: options.originDomain,
          customOriginConfig: { originProtocolPolicy: 'https-only', originSslProtocols: ['TLSv1.2'] },
          originCustomHeaders: [{ headerName: ORIGIN_SECRET_HEADER, headerValue: options.originSecret }],
        },
      ],
      defaultCacheBehavior: { ...behavior, cachePolicyId: CACHING_DISABLED },
      cacheBehaviors: CACHED_PATHS.map((pathPattern) => ({ ...behavior, pathPattern, cachePolicyId: pictures.ref })),
      // CloudFront would keep them for ten seconds, whatever they say.
      customErrorResponses: [403, 404].map((errorCode) => ({ errorCode, errorCachingMinTtl: 0 })),
    },
  });
  acknowledge(distribution, 'AwsSolutions-CFR1', 'Who may see an image is decided by the service, not by the country.');
  acknowledge(
    distribution,
    'AwsSolutions-CFR2',
    'A web ACL is a parameter, because it costs money and is of us-east-1.',
  );
  acknowledge(distribution, 'AwsSolutions-CFR3', 'Access logs would contain the signatures of URLs.');
  acknowledge(
    distribution,
    'AwsSolutions-CFR4',
    'TLS 1.2 with a certificate of yours; CloudFront chooses for its own name.',
  );
  return distribution;
}
