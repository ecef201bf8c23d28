Console.Error.WriteLine("rlvr: no command yet");
return 2;
