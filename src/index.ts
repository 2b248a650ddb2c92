export type { Interval } from './autotune/interval.ts';
export { type AutotuneOptions, type AutotuneResult, type AutotuneTrial, autotune } from './autotune.ts';
export {
  type Capabilities,
  isSupported,
  type Limits,
  type Operation,
  type OptionName,
  portableLimits,
  refusal,
  type Support,
} from './capabilities.ts';
export type { Config, Provider, ProviderConfigs } from './config.ts';
export { type ConnectOptions, connect, openStore, type StoreConfig } from './connect.ts';
export type { CreateOptions, OpenOptions, PayloadOf, VectorDatabase } from './database.ts';
export { type ErrorCode, type ErrorDetails, VectorStoreError } from './errors.ts';
export { type FilterOperator, filterLimits } from './filter/parse.ts';
export type { ArrayOperators, Combinators, Condition, Filter, Operators, Path, Scalar } from './filter/types.ts';
export type { Middleware } from './middleware/compose.ts';
export type { RetryClock, RetryOptions } from './middleware/retry.ts';
export type { VectorStore } from './store.ts';
export { type ServerAddress, type TracedCall, tracingChannelName } from './tracing.ts';
export type * from './types.ts';
