"""Ways to train a physical circuit, imported as `tdsim.training`."""

from .backpropagation import Backpropagation as Backpropagation
from .echo_quality import Echo as Echo
from .equilibrium_propagation import EquilibriumPropagation as EquilibriumPropagation
from .hamiltonian_echo import HamiltonianEcho as HamiltonianEcho
from .hardware import Hardware as Hardware
from .history import History as History
from .method import Fidelity as Fidelity
from .method import Method as Method
from .optimiser import Adam as Adam
from .optimiser import Optimiser as Optimiser
from .readout import Readout as Readout
from .reservoir import Reservoir as Reservoir
from .sequences import delayed_xor as delayed_xor
from .sequences import narma10 as narma10
from .task import Data as Data
from .task import Task as Task
from .task import circles as circles
from .task import digits as digits
from .task import split as split
from .task import xor as xor
