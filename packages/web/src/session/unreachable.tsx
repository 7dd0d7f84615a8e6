import { RotateCw } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Button } from '../ui/button.tsx';
import { Doorway } from './doorway.tsx';

/** Instead of the page, while the service doesn't answer. It tries again by itself once the network is back. */
export function Unreachable({ onRetry }: { readonly onRetry: () => void }) {
  const retry = useRef(onRetry);
  retry.current = onRetry;
  useEffect(() => {
    const onOnline = () => retry.current();
    addEventListener('online', onOnline);
    return () => removeEventListener('online', onOnline);
  }, []);
  return (
    <Doorway>
      <p role="alert">The pictures can't be reached. Check your connection, or try again in a moment.</p>
      <Button icon={RotateCw} isMain onClick={onRetry}>
        Try again
      </Button>
    </Doorway>
  );
}
