import Admin
import Console

func setup(_ arguments: Arguments) throws -> ExitCode { .ok }
