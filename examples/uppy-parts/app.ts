import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';

const input = document.querySelector('input') as HTMLInputElement;
const progress = document.querySelector('progress') as HTMLProgressElement;
const status = document.querySelector('output') as HTMLOutputElement;
const retry = document.querySelector('button') as HTMLButtonElement;

const uppy = new Uppy({ autoProceed: true, restrictions: { allowedFileTypes: ['image/*'] } });
uppy.use(AwsS3, { companionEndpoint: location.origin, shouldUseMultipart: true });
uppy.on('file-added', ({ id, size }) => uppy.setFileMeta(id, { size }));
uppy.on('progress', (percent) => {
  progress.value = percent;
});
uppy.on('complete', ({ failed = [] }) => {
  retry.hidden = failed.length === 0;
  status.value = failed[0]?.error ?? 'Ready';
});
retry.onclick = () => uppy.retryAll(); // sends only the parts that are missing
input.onchange = () => {
  for (const file of input.files ?? []) uppy.addFile({ name: file.name, type: file.type, data: file });
};
