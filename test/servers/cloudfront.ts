import { type Front, startFront } from './front.ts';
import { appended } from './lambda-gateway.ts';

export interface DistributionOptions {
  /** The URL of the HTTP API, which may start later. */
  readonly origin: () => string;
  /** What it sends as X-Origin-Secret, instead of what the viewer sent. */
  readonly secret: string;
}

/** The name by which API Gateway knows the API: CloudFront sends it as Host, instead of the viewer's. */
const API_HOST = 'a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com';

/** The edge's own address, another one than the viewer's. */
const EDGE = '127.0.0.2';

/** CloudFront in front of an HTTP API, as in deploy/aws, without its cache. */
export const startDistribution = ({ origin, secret }: DistributionOptions): Promise<Front> =>
  startFront((incoming) => {
    const { headers, socket } = incoming;
    headers['host'] = API_HOST;
    headers['x-origin-secret'] = secret;
    headers['x-forwarded-for'] = appended(headers['x-forwarded-for']?.toString(), socket.remoteAddress ?? '');
    headers['via'] = '2.0 e3b0c44298fc1c14.cloudfront.net (CloudFront)';
    headers['x-amz-cf-id'] = 'wJalrXUtnFEMIK7MDENG';
    return origin();
  }, EDGE);
