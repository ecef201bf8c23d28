using System.Runtime.ExceptionServices;

namespace RlvrSharp.Policies;

/// <summary>Runs numbered pieces of work on several threads. Pieces write different outputs, so their order changes no number.</summary>
internal sealed class WorkPool
{
    public WorkPool(int threads) => Threads = threads == 0 ? Environment.ProcessorCount : threads;

    public int Threads { get; }

    /// <summary>Calls <paramref name="body"/> for 0 … <paramref name="count"/> − 1 and returns when all are done.</summary>
    public void For(int count, Action<int> body)
    {
        int helpers = Math.Min(Threads, count) - 1;
        if (helpers <= 0)
        {
            for (int i = 0; i < count; i++)
            {
                body(i);
            }

            return;
        }

        var job = new Job(count, body);
        for (int i = 0; i < helpers; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(job, preferLocal: false);
        }

        job.Execute();
        job.Wait();
    }

    private sealed class Job(int count, Action<int> body) : IThreadPoolWorkItem
    {
        private int next;
        private int done;
        private ExceptionDispatchInfo? error;

        public void Execute()
        {
            int finished = 0;
            while (true)
            {
                int i = Interlocked.Increment(ref next) - 1;
                if (i >= count)
                {
                    break;
                }

                try
                {
                    body(i);
                }
                catch (Exception exception)
                {
                    Interlocked.CompareExchange(ref error, ExceptionDispatchInfo.Capture(exception), null);
                }

                finished++;
            }

            if (finished > 0)
            {
                Interlocked.Add(ref done, finished);
            }
        }

        public void Wait()
        {
            // A helper that never got a thread has taken no piece, so only pieces under way are waited for.
            var spinner = default(SpinWait);
            while (Volatile.Read(ref done) < count)
            {
                spinner.SpinOnce(sleep1Threshold: -1);
            }

            error?.Throw();
        }
    }
}
